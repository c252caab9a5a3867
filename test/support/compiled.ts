import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '../../deploy/compile.ts';

/** Compiles the code to a directory as the image holds it, with the packages of this checkout; gives the directory. */
export async function compiledCode(directory: string): Promise<string> {
  await compile(directory);
  const packages = fileURLToPath(new URL('../../node_modules', import.meta.url));
  await symlink(packages, join(directory, 'node_modules'));
  return directory;
}
