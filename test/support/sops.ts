import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { SopsFormat } from '../../activities/render/decryption/format.ts';
import { resolveTool, SILENT } from '../../deploy/dev/index.ts';

/** Two age identities that are of use in these tests alone: what is encrypted for one, the other can not read. */
export const ageKeys = {
  recipient: 'age1zqmjuchuwv9ygm6qnds95rqdafdf64rygq5t9xdjezhutzkdzqlsu79ssc',
  identity: 'AGE-SECRET-KEY-1MHVND7HPM24H0PZ92YHXWNEDKM7Q947FE9L8P34FN8SS6KN7EFES3AUF2U',
  other: 'AGE-SECRET-KEY-15DYAKX9A5NM9E6T6TL0E8TYADA0Z03EG2L90YD35VZLYMPJRH49QVZY7S3',
};

/** The Secret with the age keys of the worker that the end-to-end tests share. */
export const globalKeys = { namespace: 'default', name: 'sluice-age-keys' };

/** Encrypts a text with the real tool, for `ageKeys.recipient`; `only` is the expression of the names whose values are encrypted. */
export async function encrypt(
  text: string | Buffer,
  type: SopsFormat,
  only?: string,
): Promise<string> {
  const sops = await resolveTool('sops', SILENT);
  const types = ['--input-type', type, '--output-type', type === 'binary' ? 'json' : type];
  const rule = only === undefined ? [] : ['--encrypted-regex', only];
  const args = ['encrypt', '--age', ageKeys.recipient, ...types, ...rule];
  return new Promise((resolve, reject) => {
    const child = execFile(
      sops,
      [...args, '--filename-override', 'x'],
      { env: {} },
      (error, out) => {
        if (error) reject(new Error('sops encrypt failed', { cause: error }));
        else resolve(out);
      },
    );
    child.stdin?.end(text);
  });
}

/** A Secret whose values alone are encrypted, as its authors commit it. */
export function encryptedSecret(name: string, stringData: Record<string, string>): Promise<string> {
  const metadata = { name };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData };
  return encrypt(JSON.stringify(secret), 'yaml', '^(data|stringData)$');
}

/** A Secret named `pgp` that was encrypted by GnuPG, and the private key that decrypts it. */
export async function pgpFixtures(): Promise<{ secret: string; privateKey: string }> {
  const [secret, privateKey] = await Promise.all(
    ['pgp-secret.yaml', 'pgp-private-key.asc'].map((name) =>
      readFile(new URL(`../fixtures/decryption/${name}`, import.meta.url), 'utf8'),
    ),
  );
  return { secret: secret ?? '', privateKey: privateKey ?? '' };
}
