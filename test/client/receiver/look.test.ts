import { expect, test } from 'vitest';
import type { ApiRequest, Cluster } from '../../../activities/cluster/client.ts';
import type { KubeObject, ObjectMeta } from '../../../activities/cluster/object.ts';
import { look } from '../../../client/receiver/look.ts';
import { receiverSpec } from '../../support/receivers.ts';

const finalizers = ['finalizers.fluxcd.io'];

/** Looks at a Receiver, and tells in their order what is served and what is written. */
async function stepsOf(metadata: Partial<ObjectMeta>, token?: string): Promise<string[]> {
  const steps: string[] = [];
  const secret = token && {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'hook' },
    data: { token: Buffer.from(token).toString('base64') },
  };
  const cluster = {
    get: () => Promise.resolve(secret),
    path: () => Promise.resolve('/receivers/hook'),
    request: ({ method, path }: ApiRequest) => {
      steps.push(`${method} ${path}`);
      return Promise.resolve();
    },
  } as Partial<Cluster> as Cluster;
  const object: KubeObject = {
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    kind: 'Receiver',
    metadata: { name: 'hook', namespace: 'apps', generation: 1, ...metadata },
    spec: receiverSpec(),
    status: { webhookPath: '/hook/old' },
  };
  await look(cluster, object, (hook) => {
    steps.push(hook ? 'serves' : 'serves nothing');
  });
  return steps;
}

test('a path is served before the status tells of it', async () => {
  const steps = await stepsOf({ finalizers }, 'token');
  expect(steps).toEqual([
    'serves',
    'PATCH /receivers/hook/status',
    'POST /api/v1/namespaces/apps/events',
  ]);
});

test('a path without its token is closed before the status says so', async () => {
  const steps = await stepsOf({ finalizers });
  expect(steps.slice(0, 2)).toEqual(['serves nothing', 'PATCH /receivers/hook/status']);
});

test('the path of one that is being deleted is closed before the finalizer goes', async () => {
  const steps = await stepsOf({ finalizers, deletionTimestamp: '2026-11-26T00:00:00Z' }, 'token');
  expect(steps).toEqual(['serves nothing', 'PATCH /receivers/hook']);
});
