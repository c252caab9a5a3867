import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A temporary directory with these files in it; the texts by relative path. */
export async function directoryWith(files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

/** The files below a directory that hold one of the words, but for those whose path is to be skipped. */
export async function filesHolding(
  directory: string,
  words: readonly string[],
  skip?: RegExp,
): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (skip?.test(path)) continue;
    // Builds and drafts of other tests come and go meanwhile.
    if (entry.isDirectory()) {
      found.push(...(await filesHolding(path, words, skip).catch(unlessGone([]))));
    } else if (entry.isFile()) {
      const text = (await readFile(path).catch(unlessGone(Buffer.alloc(0)))).toString('latin1');
      if (words.some((each) => text.includes(each))) found.push(path);
    }
  }
  return found;
}

function unlessGone<T>(nothing: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return nothing;
    throw error;
  };
}
