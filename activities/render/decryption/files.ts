import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fail } from '../../failures.ts';
import { encryptedFormat, formatOfName } from './format.ts';
import { plainTexts } from './plain-texts.ts';
import type { Decryptor } from './sops.ts';

/**
 * Decrypts in place those files of a private tree that are encrypted, before kustomize reads them, and gives the texts in them
 * that were encrypted.
 * Raises BuildFailed for one that is too large or that no key fits.
 */
export async function decryptFiles(
  decryptor: Decryptor,
  root: string,
  files: readonly string[],
): Promise<string[]> {
  const texts: string[] = [];
  for (const file of files) {
    const title = relative(root, file);
    const { size } = await stat(file);
    if (size > maxFileBytes) {
      throw fail(
        'BuildFailed',
        `${title} is larger than ${maxFileBytes} bytes, too large to decrypt`,
      );
    }
    const text = await readFile(file, 'utf8');
    const input = encryptedFormat(text);
    if (!input) continue;
    const output = input === 'binary' ? input : (formatOfName(title) ?? input);
    const plain = await decryptor.decrypt(text, { input, output }, title);
    // The file may be a link to the artifact that all builds share: it is replaced, never written through.
    await rm(file);
    await writeFile(file, plain, { mode: 0o600 });
    texts.push(...plainTexts(text, plain.toString(), output));
  }
  return texts;
}

const maxFileBytes = 5 * 1024 * 1024;
