import { spawn } from 'node:child_process';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type ProcessIdentity, startIdOf } from '../process-identity.ts';
import { minimalEnvironment } from '../toolchain/environment.ts';
import type { StackProcess } from './state.ts';

const GRACE_MS = 10_000;
const LOG_LIMIT = 20_000_000;

/** What to run and where its output goes. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly log: string;
}

/** Starts a program in its own process group, so that it outlives this process and Ctrl-C does not reach it. */
export async function startProcess(command: Command): Promise<StackProcess> {
  await mkdir(dirname(command.log), { recursive: true, mode: 0o700 });
  const size = await stat(command.log).then(
    (found) => found.size,
    () => 0,
  );
  const log = await open(command.log, size > LOG_LIMIT ? 'w' : 'a', 0o600);
  try {
    const child = spawn(command.file, [...command.args], {
      cwd: command.cwd,
      env: minimalEnvironment(),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    // A program that has ended already gets an identity that nothing alive can have.
    return { pid, startId: (await startIdOf(pid)) ?? 'ended', log: command.log };
  } finally {
    await log.close();
  }
}

/** Ends a process with its group: SIGTERM, then SIGKILL after ten seconds. Does nothing if the pid belongs to another process by now. */
export async function stopProcess(process: ProcessIdentity, graceMs = GRACE_MS): Promise<void> {
  if (!(await signalProcess(process, 'SIGTERM'))) return;
  // A stopped process (SIGSTOP) takes no notice of SIGTERM before it continues.
  await signalProcess(process, 'SIGCONT');
  if (await hasEnded(process, graceMs)) return;
  await signalProcess(process, 'SIGKILL');
  if (!(await hasEnded(process, graceMs))) {
    throw new Error(`process ${process.pid} does not end, not even by SIGKILL`);
  }
}

/** Sends a signal to the process group if it is still the process that we started; tells whether it was. */
export async function signalProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  try {
    process.kill(-identity.pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Waits until the process is gone; false if it is still there after the given time. */
export async function hasEnded(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (await isAlive(identity)) {
    if (Date.now() > end) return false;
    await sleep(50);
  }
  return true;
}

/** The last lines of a log, for messages about a part that failed. */
export async function logTail(path: string, lines = 12): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
