import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { ObjectKey, SourceKey, Trigger } from '../../activities/contract.ts';
import {
  attributes,
  forcingTriggers,
  reconcileSignal,
  workflowId,
  workflowTypes,
  type ReconciledKind,
} from '../../workflows/messages.ts';
import type { Log } from '../log.ts';
import { currentTrace, withinTrace } from '../telemetry/current-trace.ts';
import type { Sight } from './state.ts';

/** Starts and signals workflows. Signals to the same object that are not sent yet are one signal. */
export interface Waker {
  /** Signals an object's workflow and starts it where there is none. */
  wake(kind: string, key: ObjectKey, trigger: Trigger, reason: string): void;
  /** Lets the workflow of a deleted object see that it is gone. */
  end(kind: string, key: ObjectKey): void;
  /** Starts the workflows that are missing, signals those behind, and ends those whose object is not there. */
  heal(kind: string, found: Found): Promise<void>;
}

/** A waker that ends with its process. */
interface OpenWaker extends Waker {
  /** Sends what is still to be sent, for seconds, and gives up what fails: the next bridge finds what is missing or behind. */
  close(): Promise<void>;
}

/** All objects of a kind that there are. */
export interface Found {
  readonly present: readonly Sight[];
  readonly behind: (sight: Sight) => boolean;
  /** The only namespace that was looked at; all where absent. */
  readonly namespace: string | undefined;
}

/** Where workflows are sent to, and how fast. */
export interface WakerOptions {
  readonly taskQueue: string;
  /** Calls to Temporal in flight. */
  readonly concurrency?: number;
}

/** A waker with few calls to Temporal in flight; a call that fails is tried again until it succeeds or the waker is closed. */
export function createWaker(client: Client, log: Log, options: WakerOptions): OpenWaker {
  const { taskQueue, concurrency = 16 } = options;
  const queue = new Map<string, () => Promise<void>>();
  const closing = new AbortController();
  const calls = new Set<Promise<void>>();
  const pump = (): void => {
    for (const [id, job] of queue) {
      if (calls.size >= concurrency) return;
      queue.delete(id);
      const call = attempt(job, id, { log, closing: closing.signal }).finally(() => {
        calls.delete(call);
        pump();
      });
      calls.add(call);
    }
  };
  const allSent = async (): Promise<void> => {
    while (calls.size > 0) await Promise.all(calls);
  };
  const put = (id: string, job: () => Promise<void>): void => {
    queue.set(id, job);
    pump();
  };
  const wake: Waker['wake'] = (kind, key, trigger, reason) => {
    if (!isReconciled(kind)) return;
    const message = { trigger, reason, taskQueue };
    const id = workflowId(kind, key);
    // What forces a pass must not give way to a mere look.
    const place = forcingTriggers.includes(trigger) ? `${id} ${trigger}` : id;
    // The signal waits for its turn, and belongs to the trace of whoever asked for it.
    const trace = currentTrace();
    put(place, () => withinTrace(trace, () => signalWithStart(client, kind, key, message)));
  };
  const end: Waker['end'] = (kind, key) => {
    if (isReconciled(kind)) put(workflowId(kind, key), () => signalIfRunning(client, kind, key));
  };
  return {
    wake,
    end,
    async heal(kind, { present, behind, namespace }) {
      if (!isReconciled(kind)) return;
      const orphans = await runningIds(client, kind, { log, closing: closing.signal });
      for (const sight of present) {
        const missing = !orphans.delete(workflowId(kind, sight.key));
        if (!sight.ours) continue;
        if (missing) wake(kind, sight.key, 'start', 'its workflow was missing');
        else if (behind(sight)) wake(kind, sight.key, 'source', 'its status is behind');
      }
      for (const key of keysOf(orphans, namespace)) end(kind, key);
    },
    async close() {
      closing.abort();
      await Promise.race([allSent(), pause(closeMs, undefined, { ref: false })]);
    },
  };
}

/** Well within the half minute that Kubernetes gives a process to end. */
const closeMs = 5000;

/** The objects of workflow ids, those of one namespace where it is given. */
function keysOf(ids: Iterable<string>, only: string | undefined): ObjectKey[] {
  const keys = [...ids].map((id) => {
    const [namespace = '', name = ''] = id.split('/').slice(-2);
    return { namespace, name };
  });
  return only === undefined ? keys : keys.filter(({ namespace }) => namespace === only);
}

function isReconciled(kind: string): kind is ReconciledKind {
  return kind in workflowTypes;
}

interface Persistence {
  readonly log: Log;
  readonly closing: AbortSignal;
}

async function attempt(
  job: () => Promise<void>,
  id: string,
  { log, closing }: Persistence,
): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      await job();
      return;
    } catch (error) {
      const retryMs = Math.min(250 * 2 ** failures, 10_000);
      const message = error instanceof Error ? error.message : String(error);
      log.warn('signal failed', { workflow: id, error: message, retryMs });
      await pause(retryMs, undefined, { signal: closing }).catch(() => undefined);
      if (closing.aborted) return;
    }
  }
}

async function signalWithStart(
  client: Client,
  kind: ReconciledKind,
  key: ObjectKey,
  wake: { trigger: Trigger; reason: string; taskQueue: string },
): Promise<void> {
  await client.workflow.signalWithStart(workflowTypes[kind], {
    workflowId: workflowId(kind, key),
    taskQueue: wake.taskQueue,
    args: [{ key: keyFor(kind, key), trigger: 'start', taskQueue: wake.taskQueue }],
    signal: reconcileSignal,
    signalArgs: [wake],
    memo: { object: `${kind}/${key.namespace}/${key.name}` },
    staticSummary: `${kind} ${key.namespace}/${key.name}`,
    typedSearchAttributes: [
      { key: attributes.kind, value: kind },
      { key: attributes.namespace, value: key.namespace },
      { key: attributes.name, value: key.name },
      { key: attributes.trigger, value: 'start' },
      { key: attributes.phase, value: 'starting' },
    ],
  });
}

/** Sources of all kinds share a workflow, which has to know the kind of its own. */
function keyFor(kind: ReconciledKind, key: ObjectKey): SourceKey {
  return kind === 'Kustomization' ? key : { ...key, kind };
}

async function signalIfRunning(
  client: Client,
  kind: ReconciledKind,
  key: ObjectKey,
): Promise<void> {
  try {
    const wake = { trigger: 'delete', reason: 'the object is gone' } as const;
    await client.workflow.getHandle(workflowId(kind, key)).signal(reconcileSignal, wake);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Ids of the workflows of a kind that run now, by Temporal's visibility, which may lag behind by a second. */
async function runningIds(
  client: Client,
  kind: ReconciledKind,
  persistence: Persistence,
): Promise<Set<string>> {
  const query = `WorkflowType="${workflowTypes[kind]}" AND ExecutionStatus="Running"`;
  const ids = new Set<string>();
  const load = async (): Promise<void> => {
    const prefix = `${kind.toLowerCase()}/`;
    for await (const { workflowId: id } of client.workflow.list({ query })) {
      if (id.startsWith(prefix)) ids.add(id);
    }
  };
  await attempt(load, `list of ${kind}`, persistence);
  return ids;
}
