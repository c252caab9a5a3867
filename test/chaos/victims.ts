import { killPart, restartPart } from '../../deploy/dev/index.ts';
import type { Installation, Site } from './sites.ts';

/** A process that can be killed, stopped and started. */
export interface Victim {
  readonly name: string;
  kill(): Promise<void>;
  /** Starts it, again and again until it runs, as whatever supervises it would. */
  start(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}

/** A worker or the bridge. */
export function victimOf({ name, service, services }: Site): Victim {
  return {
    name,
    kill: () => services.stop(service, 'SIGKILL'),
    start: () => patiently(() => services.start(service)),
    signal(signal) {
      const pid = services.pid(service);
      if (pid !== undefined) process.kill(pid, signal);
      return Promise.resolve();
    },
  };
}

/** A part of the stack. */
export function partOf(
  { stack }: Installation,
  name: 'temporal' | 'kube-apiserver' | 'etcd',
): Victim {
  return {
    name,
    kill: () => killPart(stack.dir, name),
    start: () => patiently(() => restartPart(stack.dir, name)),
    signal: (signal) => killPart(stack.dir, name, signal),
  };
}

/** Does the same with all of them at once. */
export async function each(
  victims: readonly Victim[],
  work: (victim: Victim) => Promise<void>,
): Promise<void> {
  await Promise.all(victims.map(work));
}

/** Starts whatever of ours has ended without having been told to; gives the names of those. */
export async function restartCrashed(sites: readonly Site[]): Promise<string[]> {
  const crashed = sites.filter(({ services, service }) => {
    const pid = services.pid(service);
    return pid !== undefined && !isThere(pid);
  });
  for (const site of crashed) await victimOf(site).start();
  return crashed.map(({ name }) => name);
}

/** Starts them one after the other: on a machine with few cores each takes what there is. */
export async function startAll(victims: readonly Victim[]): Promise<void> {
  for (const victim of victims) await victim.start();
}

/** Tries something again for as long as five minutes; raises its last error. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 300_000; ;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
