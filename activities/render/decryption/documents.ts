import { record } from '../../cluster/untyped.ts';
import { titleOf } from '../substitution/substitute.ts';
import { encryptedFormat, formatOfName } from './format.ts';
import { changedTexts } from './plain-texts.ts';
import type { Decryptor } from './sops.ts';

/** A document after decryption, and the texts in it that were encrypted. */
export interface DecryptedDocument {
  readonly value: unknown;
  readonly secrets: readonly string[];
}

/**
 * Decrypts a built document: as a whole where it carries the mark of SOPS, and each value in the data of a Secret that is an encrypted
 * file. Undefined where nothing of it is encrypted, or where the annotation `kustomize.toolkit.fluxcd.io/decrypt: disabled` says so.
 */
export async function decryptDocument(
  decryptor: Decryptor,
  value: unknown,
): Promise<DecryptedDocument | undefined> {
  const document = record(value);
  if (optsOut(document)) return undefined;
  const title = titleOf(value);
  let decrypted: Record<string, unknown> | undefined;
  if (isEncrypted(document)) {
    const formats = { input: 'json', output: 'json' } as const;
    const text = await decryptor.decrypt(JSON.stringify(document), formats, title);
    decrypted = JSON.parse(text.toString()) as Record<string, unknown>;
  }
  const data = await decryptData(decryptor, decrypted ?? document, title);
  if (data) decrypted = { ...(decrypted ?? document), data };
  return decrypted && { value: decrypted, secrets: changedTexts(document, decrypted) };
}

/** True for an object that carries the metadata of SOPS. */
export function isEncrypted(object: Readonly<Record<string, unknown>>): boolean {
  return 'mac' in record(object['sops']);
}

/** True for an object that asks not to be decrypted, because somebody in the cluster does it. */
export function optsOut(object: Readonly<Record<string, unknown>>): boolean {
  const { annotations } = record(object['metadata']);
  const asked = record(annotations)['kustomize.toolkit.fluxcd.io/decrypt'];
  return typeof asked === 'string' && asked.toLowerCase() === 'disabled';
}

async function decryptData(
  decryptor: Decryptor,
  { kind, data }: Record<string, unknown>,
  title: string,
): Promise<Record<string, unknown> | undefined> {
  if (kind !== 'Secret') return undefined;
  const plain: Record<string, unknown> = { ...record(data) };
  let found = false;
  for (const [name, value] of Object.entries(plain)) {
    if (typeof value !== 'string') continue;
    const text = Buffer.from(value, 'base64').toString('utf8');
    const input = encryptedFormat(text);
    if (!input) continue;
    const output = input === 'binary' ? input : (formatOfName(name) ?? input);
    const clear = await decryptor.decrypt(text, { input, output }, `${title} data.${name}`);
    plain[name] = clear.toString('base64');
    found = true;
  }
  return found ? plain : undefined;
}
