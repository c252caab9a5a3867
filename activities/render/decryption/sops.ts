import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../../failures.ts';
import type { SopsFormat } from './format.ts';
import type { DecryptionKeys } from './keys.ts';

/** Decrypts with the keys of one Kustomization. */
export interface Decryptor {
  /** Gives the plain bytes, which need not be text; raises BuildFailed, naming `title`, and none of the text. */
  decrypt(text: string, formats: SopsFormats, title: string): Promise<Buffer>;
}

/** How a text is encrypted, and how it is wanted. */
export interface SopsFormats {
  readonly input: SopsFormat;
  readonly output: SopsFormat;
}

/**
 * A decryptor that runs `sops` with an environment of nothing but the keys. PGP keys are written as key rings to `home`, a private directory
 * that the caller removes, since SOPS reads them from files alone. Raises BuildFailed for a PGP key that is not armored.
 */
export async function openDecryptor(
  binary: string,
  keys: DecryptionKeys,
  home: string,
): Promise<Decryptor> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (keys.pgp.length > 0) {
    const ring = Buffer.concat(keys.pgp.map(dearmored));
    for (const name of ['pubring.gpg', 'secring.gpg']) {
      await writeFile(join(home, name), ring, { mode: 0o600 });
    }
  }
  const paths: Record<string, string> = {};
  for (const [variable, content] of Object.entries(keys.files)) {
    paths[variable] = join(home, variable);
    await writeFile(join(home, variable), content, { mode: 0o600 });
  }
  const age = keys.age ? { SOPS_AGE_KEY: keys.age } : {};
  const env = { HOME: home, GNUPGHOME: home, ...noIdentity, ...age, ...keys.environment, ...paths };
  return {
    decrypt: (text, { input, output }, title) => {
      const types = ['--input-type', input, '--output-type', output];
      // What kustomize or an author changed around the values breaks the MAC and is no attack; Flux does not verify it either.
      const args = ['decrypt', '--ignore-mac', ...types, '--filename-override', 'input'];
      return run(binary, args, { env, cwd: home, text, title });
    },
  };
}

/** The machine's own identity at a cloud is not its tenants'. */
const noIdentity = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential',
  // Google's library takes any host; nothing listens at this one.
  GCE_METADATA_HOST: '127.0.0.1:9',
};

const timeoutMs = 60_000;
const maxOutputBytes = 16 * 1024 * 1024;

interface Run {
  readonly env: Record<string, string>;
  readonly cwd: string;
  readonly text: string;
  readonly title: string;
}

function run(binary: string, args: string[], { env, cwd, text, title }: Run): Promise<Buffer> {
  const options = {
    env,
    cwd,
    timeout: timeoutMs,
    maxBuffer: maxOutputBytes,
    encoding: 'buffer',
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(
      binary,
      args,
      { ...options, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else reject(fail('BuildFailed', `${title}: SOPS ${causeOf(error, stderr.toString())}`));
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(text);
  });
}

/** The words of SOPS may quote the text, so only what they mean is told. */
function causeOf(error: Error & { code?: unknown; killed?: boolean }, stderr: string): string {
  if (error.code === 'ENOENT') return 'is not there: set SLUICE_SOPS to the path of sops';
  if (error.killed) return `took longer than ${timeoutMs / 1000}s`;
  if (!stderr.includes('data key'))
    return 'could not decrypt it: it is damaged or of another format';
  const recipients = stderr.match(/\b(?:age1[0-9a-z]{20,}|[0-9A-F]{40})\b/g) ?? [];
  const who = [...new Set(recipients)].slice(0, 5).join(', ');
  const fits = who === '' ? '' : `; it was encrypted for ${who}`;
  return `could not decrypt it: no key of spec.decryption fits${fits}`;
}

/** The packets of an armored key (RFC 9580, section 6.2). */
function dearmored(armored: string): Buffer {
  const [, body] =
    /-----BEGIN PGP PRIVATE KEY BLOCK-----\r?\n(?:[^\n]*:[^\n]*\n)*\r?\n([\s\S]+?)(?:\n=[^\n]*)?\r?\n-----END/.exec(
      armored,
    ) ?? [];
  if (body === undefined) {
    throw fail('BuildFailed', 'decryption: an entry *.asc is no armored private PGP key');
  }
  return Buffer.from(body, 'base64');
}
