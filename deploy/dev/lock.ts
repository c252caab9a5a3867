import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isAlive, ownIdentity } from './process-identity.ts';

/** What a wait for a lock may be told: how to stop it, and whom to tell that it waits. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: ((ownerPid: number) => void) | undefined;
}

const Owner = z.object({ pid: z.number(), startId: z.string() });

/** Runs `work` while holding the lock file, so that two processes (or two calls) never do it at once. The lock of a process that died is taken over. */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let told = false;
  while (!(await tryLock(path))) {
    const owner = await liveOwner(path);
    if (owner !== undefined) {
      if (!told) options.onWait?.(owner);
      told = true;
      await sleep(200, undefined, { signal: options.signal });
    }
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** Written aside and linked in, so that nobody ever sees a lock without its owner. */
async function tryLock(path: string): Promise<boolean> {
  const aside = besides(path);
  await writeFile(aside, JSON.stringify(await ownIdentity()), { mode: 0o600 });
  try {
    await link(aside, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** The pid of the owner, or undefined after a dead owner's lock was cleared away. */
async function liveOwner(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const owner = parseOwner(text);
  if (owner !== undefined && (await isAlive(owner))) return owner.pid;
  await removeIfUnchanged(path, text);
  return undefined;
}

function parseOwner(text: string): z.infer<typeof Owner> | undefined {
  try {
    return Owner.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Two waiters may both see the dead owner; the slower one must not remove the faster one's new lock. */
async function removeIfUnchanged(path: string, seen: string): Promise<void> {
  const aside = besides(path);
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readFile(aside, 'utf8');
  if (moved !== seen) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function besides(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
}
