import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { fail } from '../../activities/failures.ts';
import { bundleWorkflows } from '../../worker/bundle.ts';
import { taskQueue, workflowId, workflowTypes } from '../../workflows/messages.ts';
import type { ReconciledKind } from '../../workflows/messages.ts';
import { runsOf, type Run } from './runs.ts';
import {
  lookAt,
  lookAtRemote,
  simulatedActivities,
  type Behaviour,
} from './simulated-activities.ts';
import { startTimeServer, type TimeServer } from './time-server.ts';

/** What happened in a month, by the names of `objects`. */
export interface Month {
  readonly begun: number;
  readonly ended: number;
  /** When the two suspended objects were to go on. */
  readonly resumeAt: number;
  readonly runs: Readonly<Record<ObjectName, readonly Run[]>>;
  /** Heap of the worker after a collection, in MiB, on the second day and on the last. */
  readonly heapMiB: { readonly early: number; readonly late: number };
}

/** How often the healthy objects are looked at, in milliseconds. */
export interface Intervals {
  readonly kustomization: number;
  readonly source: number;
}

const objects = {
  app: 'Kustomization',
  calm: 'Kustomization',
  failing: 'Kustomization',
  waiting: 'Kustomization',
  suspended: 'Kustomization',
  repo: 'GitRepository',
  'failing-repo': 'GitRepository',
  'suspended-repo': 'GitRepository',
} as const satisfies Record<string, ReconciledKind>;

type ObjectName = keyof typeof objects;
const ObjectName = z.enum(Object.keys(objects) as [ObjectName, ...ObjectName[]]);

/** The longest wait of those that fail again and again, in milliseconds. */
export const longestRetryMs = 6 * 3_600_000;

const namespace = 'month';
const day = 24 * 3_600_000;

/** Runs the workflows of each kind of object for thirty days of a server that skips time. */
export async function liveAMonth(intervals: Intervals): Promise<Month> {
  // Many activities fail as they are meant to.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const server = await startTimeServer();
  try {
    const begun = await server.now();
    const resumeAt = begun + 12 * day + 12_345_678;
    const behaviours = behavioursOf(intervals, resumeAt);
    const connection = await NativeConnection.connect({ address: server.address });
    const worker = await Worker.create({
      connection,
      taskQueue,
      workflowBundle: await bundleWorkflows(),
      activities: simulatedActivities(({ name }) => behaviours[ObjectName.parse(name)]),
      // Workflows on the main thread: its heap is what is measured.
      debugMode: true,
    });
    const heapMiB = await worker.runUntil(() => pass(server, begun));
    await connection.close();
    const runs = Object.fromEntries(
      await Promise.all(
        ObjectName.options.map(async (name) => [name, await runsOf(server.client, idOf(name))]),
      ),
    ) as Month['runs'];
    return { begun, ended: begun + 30 * day, resumeAt, runs, heapMiB };
  } finally {
    await server.stop();
  }
}

async function pass(server: TimeServer, begun: number): Promise<Month['heapMiB']> {
  for (const name of ObjectName.options) {
    const kind = objects[name];
    await server.client.workflow.start(workflowTypes[kind], {
      taskQueue,
      workflowId: idOf(name),
      args: [{ key: { namespace, name }, trigger: 'start' }],
    });
  }
  await server.passUntil(begun + 2 * day);
  const early = heapNow();
  await server.passUntil(begun + 30 * day);
  return { early, late: heapNow() };
}

function idOf(name: ObjectName): string {
  return workflowId(objects[name], { namespace, name });
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapNow(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function behavioursOf(
  { kustomization, source }: Intervals,
  resumeAt: number,
): Record<ObjectName, Behaviour> {
  const revision = 'main@sha1:1';
  const suspended = { verdict: 'suspended', resumeAt: new Date(resumeAt).toISOString() } as const;
  let isSuspended = true;
  let isRepoSuspended = true;
  let isFetched = false;
  let isApplied = false;
  return {
    app: {
      observe: () => lookAt(revision, { intervalMs: kustomization }),
      compare: () => ({ objects: 1, differs: 'one object has drifted' }),
    },
    calm: {
      observe: () =>
        lookAt(revision, { verdict: isApplied ? 'idle' : 'sync', intervalMs: kustomization }),
      conclude: () => {
        isApplied = true;
      },
    },
    failing: {
      observe: () => lookAt(revision, { retryCapMs: longestRetryMs }),
      fetch: () => {
        throw fail('ArtifactInvalid', 'the artifact is damaged');
      },
    },
    waiting: {
      observe: () => lookAt(revision, { verdict: 'waiting', retryMs: source }),
    },
    suspended: {
      observe: () => lookAt(revision, isSuspended ? suspended : { intervalMs: day }),
      resume: () => {
        isSuspended = false;
      },
    },
    repo: {
      lookAtSource: () =>
        lookAtRemote(revision, { verdict: isFetched ? 'idle' : 'fetch', intervalMs: source }),
      fetchSource: () => {
        isFetched = true;
        return { revision, digest: 'sha256:1', size: 1, changed: true };
      },
    },
    'failing-repo': {
      lookAtSource: () => {
        throw fail('GitOperationFailed', 'the remote does not answer');
      },
      concludeSource: () => ({ minMs: 750, maxMs: longestRetryMs, dependencyMs: 30_000 }),
    },
    'suspended-repo': {
      lookAtSource: () => lookAtRemote(revision, isRepoSuspended ? suspended : { intervalMs: day }),
      resume: () => {
        isRepoSuspended = false;
      },
    },
  };
}
