import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { interruptible } from '../interrupt.ts';
import { withLock } from '../lock.ts';
import { type Progress, SILENT } from '../progress.ts';
import { PARTS } from './parts.ts';
import { hasEnded, signalProcess } from './processes.ts';
import { Session } from './session.ts';
import { type PartName, readState, stackDir, type StackState } from './state.ts';

const LETHAL: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT'];
const KILL_WAIT_MS = 30_000;

/** How to restart a part. */
export interface RestartOptions {
  /** Delete the part's data while it is down: for Temporal, its whole database. */
  readonly deleteData?: boolean;
  readonly progress?: Progress;
}

/** Ends a part if it runs and starts it again with the same ports and options, and the same data unless that is to be deleted. Returns when it answers. */
export async function restartPart(
  dir: string | undefined,
  name: PartName,
  options: RestartOptions = {},
): Promise<void> {
  const folder = stackDir(dir);
  if (options.deleteData === true && PARTS[name].data.length === 0) {
    throw new Error(`${name} has no data of its own`);
  }
  await interruptible(undefined, (signal) =>
    withLock(`${folder}.lock`, { signal }, async () => {
      const session = new Session(folder, await stateOf(folder), options.progress ?? SILENT);
      await session.stop(name);
      if (options.deleteData === true) {
        await Promise.all(
          PARTS[name].data.map((file) => rm(join(folder, file), { recursive: true, force: true })),
        );
      }
      try {
        await session.launch(name, signal);
      } catch (error) {
        await session.takeBack();
        throw error;
      }
    }),
  );
}

/** Sends a signal to a part, by default SIGKILL; after a deadly one it returns when the part is gone. It is an error if the part does not run. */
export async function killPart(
  dir: string | undefined,
  name: PartName,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<void> {
  const state = await stateOf(stackDir(dir));
  const process = state.processes[name];
  if (process === undefined || !(await signalProcess(process, signal))) {
    throw new Error(`${name} does not run`);
  }
  if (LETHAL.includes(signal) && !(await hasEnded(process, KILL_WAIT_MS))) {
    throw new Error(`${name} is still there ${KILL_WAIT_MS / 1000} s after ${signal}`);
  }
}

async function stateOf(dir: string): Promise<StackState> {
  const state = await readState(dir);
  if (state === undefined) throw new Error(`there is no stack in ${dir}`);
  return state;
}
