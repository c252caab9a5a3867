import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { TreeFile } from './commit-tree.ts';

/** The regular files below a directory, with their paths in it; links are left out. */
export async function filesIn(directory: string): Promise<TreeFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = join(parentPath, name);
      const { mode } = await stat(file);
      const path = relative(directory, file).split(sep).join('/');
      return { path, executable: (mode & 0o100) !== 0, oid: '', read: () => readFile(file) };
    }),
  );
}
