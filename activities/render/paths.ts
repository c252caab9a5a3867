import { stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

/** `path` below `root`, where a leading slash means the root itself; undefined where it would leave the root. */
export function inside(root: string, path: string): string | undefined {
  const target = resolve(root, join('.', path));
  return isInside(root, target) ? target : undefined;
}

/** True when an absolute path is the root or below it. */
export function isInside(root: string, target: string): boolean {
  const way = relative(root, target);
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`));
}

/** What is at a path; artifacts hold no links, so nothing is followed out of them. */
export async function kindOf(path: string): Promise<'file' | 'directory' | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return 'directory';
  return found?.isFile() ? 'file' : undefined;
}
