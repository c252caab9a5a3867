import { posix } from 'node:path';
import { fail } from '../failures.ts';
import type { FetchedCommit } from './commit-tree.ts';

/** The parts of a commit that lie in some directories; all of it where none are named. Raises GitOperationFailed for one that is not there. */
export function sparse<Commit extends Pick<FetchedCommit, 'files' | 'submodules' | 'links'>>(
  commit: Commit,
  directories: readonly string[] = [],
): Commit {
  if (directories.length === 0) return commit;
  const wanted = directories.map(plain);
  const { files, submodules, links } = commit;
  const present = [...files, ...submodules].map(({ path }) => path).concat(links);
  const missing = directories.filter((_, at) => !present.some((path) => lies(path, wanted[at])));
  if (missing.length > 0) {
    const names = missing.map((name) => `"${name}"`).join(', ');
    throw fail('GitOperationFailed', `spec.sparseCheckout names what is not there: ${names}`);
  }
  const isWanted = ({ path }: { path: string }): boolean => wanted.some((at) => lies(path, at));
  return { ...commit, files: files.filter(isWanted), submodules: submodules.filter(isWanted) };
}

function plain(directory: string): string {
  return posix.normalize(directory).replace(/^\/+|\/+$/g, '');
}

function lies(path: string, directory = ''): boolean {
  const isRoot = directory === '' || directory === '.';
  return isRoot || path === directory || path.startsWith(`${directory}/`);
}
