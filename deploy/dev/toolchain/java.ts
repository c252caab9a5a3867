import { existsSync } from 'node:fs';
import { cp, lstat, mkdir, mkdtemp, readdir, readlink, rename, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { withLock } from '../lock.ts';
import { unpackPackages, unpacked } from './debian.ts';
import { isExecutable } from './installed.ts';
import { cacheRoot, nonEmpty } from './paths.ts';

/**
 * A Java runtime: what SLUICE_JAVA names, that of the machine, or Debian's package, which is unpacked into the cache and not installed.
 * Raises an Error that says what apt said where there is none.
 */
export async function resolveJava(): Promise<string> {
  const named = nonEmpty(process.env['SLUICE_JAVA']);
  if (named !== undefined) return named;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'java');
    if (folder !== '' && (await isExecutable(program))) return program;
  }
  const tree = join(cacheRoot(), 'java');
  return withLock(`${tree}.lock`, {}, async () => {
    const cached = await inside(tree);
    if (cached !== undefined) return cached;
    await unpackRuntime(tree);
    const program = await inside(tree);
    if (program === undefined) throw new Error("Debian's package of a Java runtime holds no java");
    return program;
  });
}

/** Debian's releases hold one of them each. */
const releases = ['openjdk-17', 'openjdk-21', 'openjdk-25'];

async function inside(tree: string): Promise<string | undefined> {
  const runtimes = join(tree, 'usr/lib/jvm');
  for (const name of await readdir(runtimes).catch(() => [])) {
    const program = join(runtimes, name, 'bin/java');
    if (await isExecutable(program)) return program;
  }
  return undefined;
}

async function unpackRuntime(tree: string): Promise<void> {
  await mkdir(dirname(tree), { recursive: true });
  const work = await mkdtemp(`${tree}-`);
  try {
    await unpackFirst(work);
    await bringSettingsIn(join(work, unpacked));
    await rename(join(work, unpacked), tree);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpackFirst(work: string): Promise<void> {
  const refusals: string[] = [];
  for (const release of releases) {
    try {
      await unpackPackages([`${release}-jre-headless`], work);
      return;
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`there is no Java runtime, and none to be had: ${refusals.join('; ')}`);
}

/** The package keeps the runtime's settings below /etc, where they are not after a mere unpacking. */
async function bringSettingsIn(root: string): Promise<void> {
  const runtimes = join(root, 'usr/lib/jvm');
  for (const entry of await readdir(runtimes, { recursive: true })) {
    const path = join(runtimes, entry);
    if (!(await lstat(path)).isSymbolicLink()) continue;
    const target = await readlink(path);
    const packaged = join(root, target);
    // Certificates are of another package, and nothing here asks for them.
    if (!target.startsWith('/etc/') || !existsSync(packaged)) continue;
    await rm(path);
    await cp(packaged, path, { recursive: true });
  }
}
