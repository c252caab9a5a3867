import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { isAlive } from '../process-identity.ts';
import { clusterRequest, ensureNode, isNodeReady } from './cluster-api.ts';
import { portOf, SEARCH_ATTRIBUTES } from './parts.ts';
import { logTail } from './processes.ts';
import type { PartName, StackProcess, StackState } from './state.ts';

const POLL_MS = 100;
const PROBE_MS = 2_000;

/** A part that was started, and the stack it belongs to. */
export interface StartedPart {
  readonly name: PartName;
  readonly dir: string;
  readonly state: StackState;
  readonly process: StackProcess;
}

/** Waits until the part does its work. A part that ends instead fails the wait at once, with the end of its log. */
export async function waitUntilReady(
  part: StartedPart,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await isReady(part))) {
    if (!(await isAlive(part.process))) throw await failure(part, 'ended during its start');
    if (Date.now() > end) throw await failure(part, `does not answer after ${withinMs / 1000} s`);
    await sleep(POLL_MS, undefined, { signal });
  }
  if (!(await isAlive(part.process))) throw await failure(part, 'ended during its start');
}

/** Whether the part answers right now; it never throws. */
export async function isReady(part: StartedPart): Promise<boolean> {
  try {
    return await PROBES[part.name](part);
  } catch {
    return false;
  }
}

/** A controller is ready when its work is seen in the cluster; the scheduler has none before there is a pod. */
const PROBES: Readonly<Record<PartName, (part: StartedPart) => Promise<boolean>>> = {
  etcd: async ({ state }) => {
    const url = `http://127.0.0.1:${portOf(state, 'etcd')}/health`;
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) })).ok;
  },
  temporal: async ({ state }) => isTemporalReady(`127.0.0.1:${portOf(state, 'temporal')}`),
  'kube-apiserver': async (part) =>
    (await clusterRequest(part.dir, part.state, { path: '/readyz' })).status === 200,
  'kube-controller-manager': async (part) => {
    const path = '/api/v1/namespaces/default/serviceaccounts/default';
    return (await clusterRequest(part.dir, part.state, { path })).status === 200;
  },
  'kube-scheduler': () => Promise.resolve(true),
  kwok: async (part) => {
    await ensureNode(part.dir, part.state);
    return isNodeReady(part.dir, part.state);
  },
};

/** The port opens before the namespace and the search attributes are there, so those are what is asked for. */
async function isTemporalReady(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: PROBE_MS });
  try {
    return await connection.withDeadline(Date.now() + PROBE_MS, async () => {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      const found = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      return SEARCH_ATTRIBUTES.every((name) => name in found.customAttributes);
    });
  } finally {
    await connection.close();
  }
}

async function failure(part: StartedPart, what: string): Promise<Error> {
  const tail = await logTail(part.process.log);
  return new Error(`${part.name} ${what}; the end of ${part.process.log}:\n${tail}`);
}
