import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../lock.ts';
import { download, type DownloadOptions } from './download.ts';
import { isExecutable } from './installed.ts';
import { cacheRoot, modulePath, nonEmpty } from './paths.ts';

/** The repository of the jars; SLUICE_DOWNLOAD_MIRROR names another host for it. */
const repository = 'https://repo1.maven.org/maven2';

/**
 * The jars of a module of deploy/dev/modules in the cache, in the order of its `jars.sum`, which pins each by its sha256; what is missing
 * is downloaded. Raises an Error that names the jar that can not be had.
 */
export async function resolveJars(module: string): Promise<string[]> {
  const lines = (await readFile(join(modulePath(module), 'jars.sum'), 'utf8')).trim().split('\n');
  const folder = join(cacheRoot(), 'jars');
  return withLock(`${folder}.lock`, {}, async () => {
    const paths: string[] = [];
    for (const line of lines) {
      const [sha256 = '', path = ''] = line.split(/\s+/);
      // A version is in the path, and a file gets there only when its checksum was right.
      const target = join(folder, path);
      if (!(await isExecutable(target))) await fetchJar(path, sha256, target);
      paths.push(target);
    }
    return paths;
  });
}

/** Nothing can take the place of a jar, so an overloaded moment is waited out. */
async function fetchJar(path: string, sha256: string, target: string): Promise<void> {
  const mirror = nonEmpty(process.env['SLUICE_DOWNLOAD_MIRROR']);
  const options: DownloadOptions = { mirror, limits: { connectMs: 20_000 } };
  for (let left = attempts; ; left--) {
    try {
      await download({ url: `${repository}/${path}`, sha256 }, target, options);
      return;
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}

const attempts = 3;
