import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A file of the project and its text; the path is relative to the root. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** The TypeScript below some folders of the project. */
export async function codeOf(...folders: string[]): Promise<SourceText[]> {
  const paths = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  const files = paths.flat().filter((path) => path.endsWith('.ts'));
  return readAll(files);
}

/** The documents that people read: those at the root, of the tests, and all below docs. */
export async function documents(): Promise<SourceText[]> {
  const below = await readdir(join(root, 'docs'), { recursive: true });
  const pages = below.filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
  return readAll(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'test/README.md', ...pages]);
}

function readAll(paths: readonly string[]): Promise<SourceText[]> {
  return Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })),
  );
}
