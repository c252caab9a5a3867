import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes a private directory for one build below the cache, named after this process; the caller removes it. */
export async function makeBuildDirectory(cacheDir: string): Promise<string> {
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  return mkdtemp(join(cacheDir, `build-${process.pid}-`));
}

/**
 * Removes what builds of ended processes left behind, which may hold keys and decrypted files: a process that is killed can not clean up.
 * Called once, before the first build of this process; directories of other workers that run are left alone.
 */
export async function sweepBuildDirectories(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir).catch(() => [])) {
    const [, pid] = /^build-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || runsElsewhere(Number(pid))) continue;
    await rm(join(cacheDir, name), { recursive: true, force: true });
  }
}

/** In a container every worker has the same process id as its predecessor, so our own id is that of an ended one too. */
function runsElsewhere(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Without the right to signal it, it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
