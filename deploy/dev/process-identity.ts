import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process as it can be found again: the pid alone is reused by the system, pid and start time together are not. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startId: string;
}

/** What tells this process from an earlier or later one with the same pid; undefined if no process runs under it. */
export async function startIdOf(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? linuxStartId(pid) : psStartId(pid);
}

/** Whether exactly this process still runs; another process that got its pid does not count. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await startIdOf(identity.pid)) === identity.startId;
}

/** The identity of the running process itself. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, startId: (await startIdOf(process.pid)) ?? 'unknown' };
}

async function linuxStartId(pid: number): Promise<string | undefined> {
  try {
    const [stat, bootId] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The command name may hold spaces and brackets, so fields are counted from its closing bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    // A zombie has ended and only waits for its parent to read the exit code.
    if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined;
    return `${bootId.trim()}/${startTicks}`;
  } catch {
    return undefined;
  }
}

async function psStartId(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [state, ...started] = stdout.trim().split(/\s+/);
    if (state === undefined || state.startsWith('Z') || started.length === 0) return undefined;
    return started.join(' ');
  } catch {
    return undefined;
  }
}
