import { join } from 'node:path';
import { isAlive } from '../process-identity.ts';
import { credentialPaths } from './credentials.ts';
import { isReady } from './ready.ts';
import { PART_NAMES, type PartName, readState, stackDir, type StackState } from './state.ts';
import type { PartStatus, StackStatus } from './types.ts';

/** Looks at the stack of a folder without changing it. */
export async function stackStatus(dir?: string): Promise<StackStatus> {
  const folder = stackDir(dir);
  const state = await readState(folder);
  const parts = state === undefined ? [] : await partStatuses(folder, state);
  const has = (name: PartName): boolean => parts.some((part) => part.name === name);
  const ports = state?.ports;
  return {
    dir: folder,
    state: overall(parts),
    parts,
    kubeconfig: has('kube-apiserver') ? credentialPaths(folder).kubeconfig : undefined,
    temporalAddress: has('temporal') ? `127.0.0.1:${ports?.temporal ?? ''}` : undefined,
    temporalUiUrl: has('temporal') ? `http://127.0.0.1:${ports?.temporalUi ?? ''}` : undefined,
  };
}

/** The parts that are recorded as started; after a stop there are none. */
async function partStatuses(dir: string, state: StackState): Promise<PartStatus[]> {
  const recorded = PART_NAMES.filter((name) => state.processes[name] !== undefined);
  return Promise.all(recorded.map((name) => partStatus(dir, state, name)));
}

async function partStatus(dir: string, state: StackState, name: PartName): Promise<PartStatus> {
  const log = join(dir, 'logs', `${name}.log`);
  const process = state.processes[name];
  if (process === undefined || !(await isAlive(process))) {
    return { name, state: 'missing', pid: undefined, log };
  }
  const ready = await isReady({ name, dir, state, process });
  return { name, state: ready ? 'ready' : 'unready', pid: process.pid, log };
}

function overall(parts: readonly PartStatus[]): StackStatus['state'] {
  if (parts.every((part) => part.state === 'missing')) return 'stopped';
  return parts.every((part) => part.state === 'ready') ? 'running' : 'partial';
}
