import { expect, test } from 'vitest';
import { ignoredFields } from '../../../activities/apply/ignore.ts';
import { planStage } from '../../../activities/apply/plan.ts';
import { createStandings } from '../../../activities/apply/standing.ts';
import { ApiError } from '../../../activities/cluster/api-error.ts';
import type { ApiRequest, Cluster } from '../../../activities/cluster/client.ts';
import type { KubeObject, ObjectRef } from '../../../activities/cluster/object.ts';

test.each([1, 3])('no more than %i objects are compared at a time', async (concurrency) => {
  let [running, most] = [0, 0];
  const answer = async (): Promise<undefined> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return undefined;
  };
  const cluster = {
    get: answer,
    path: () => Promise.resolve('/'),
    request: () => Promise.resolve({}),
  } as unknown as Cluster;
  const objects = Array.from({ length: 9 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `a${index}`, namespace: 'apps' },
  }));
  const decisions = await planStage(
    {
      cluster,
      force: false,
      leaveIgnored: ignoredFields(),
      newKinds: new Set(),
      redact: (text) => text,
      concurrency,
      overriddenManagers: [],
    },
    objects,
  );
  expect(decisions.map(({ action }) => action)).toEqual(objects.map(() => 'create'));
  expect(most).toBe(concurrency);
});

interface Call {
  readonly what: string;
  readonly query?: Record<string, string>;
}

/** A cluster that holds objects by name, each at a version, and tells what it was asked; a write without dryRun is an error. */
function holding(
  live: Record<string, string>,
  refused = false,
): { cluster: Cluster; calls: Call[] } {
  const calls: Call[] = [];
  const metadata = (name: string): object => ({
    name,
    namespace: 'apps',
    uid: `uid-${name}`,
    resourceVersion: live[name],
  });
  const object = (name: string): KubeObject =>
    ({ ...declared(name), metadata: metadata(name) }) as KubeObject;
  const cluster = {
    get: ({ name }: ObjectRef) => {
      calls.push({ what: `get ${name}` });
      return Promise.resolve(name in live ? object(name) : undefined);
    },
    path: ({ name }: ObjectRef) => Promise.resolve(name),
    request: ({ method, path, query = {} }: ApiRequest) => {
      calls.push({
        what: path === '' ? 'list' : `${query['dryRun'] ? 'try' : method} ${path}`,
        query,
      });
      if (path !== '') return Promise.resolve(path in live ? object(path) : declared(path));
      if (refused) return Promise.reject(new ApiError(403, 'Forbidden', 'no list'));
      return Promise.resolve({ items: Object.keys(live).map(object) });
    },
  } as unknown as Cluster;
  return { cluster, calls };
}

function declared(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'apps' } };
}

const names = Array.from({ length: 12 }, (_, at) => `c-${at}`);
const everything = Object.fromEntries(names.map((name) => [name, '7']));
const base = {
  force: false,
  leaveIgnored: ignoredFields(),
  newKinds: new Set<string>(),
  redact: (text: string) => text,
  concurrency: 4,
  overriddenManagers: [],
};
const labels = { owner: 'app' };

test('what stands as it was seen costs one list, and what was touched is compared', async () => {
  const objects = names.map(declared);
  const memory = { standing: createStandings().of('app', 1), labels, isNew: () => false };
  const first = holding(everything);
  await planStage({ ...base, cluster: first.cluster, memory }, objects);
  expect(first.calls).toHaveLength(24);
  const second = holding({ ...everything, 'c-3': '8' });
  const decisions = await planStage({ ...base, cluster: second.cluster, memory }, objects);
  expect(decisions.map(({ action }) => action)).toEqual(names.map(() => 'nothing'));
  expect(second.calls.map(({ what }) => what)).toEqual(['list', 'get c-3', 'try c-3']);
  expect(second.calls[0]?.query).toEqual({ labelSelector: 'owner=app' });
});

test('without leave to list, each object is read, and those that stand are not tried', async () => {
  const objects = names.map(declared);
  const memory = { standing: createStandings().of('app', 1), labels, isNew: () => false };
  await planStage({ ...base, cluster: holding(everything).cluster, memory }, objects);
  const { cluster, calls } = holding(everything, true);
  await planStage({ ...base, cluster, memory }, objects);
  expect(calls.map(({ what }) => what)).toEqual(['list', ...names.map((name) => `get ${name}`)]);
});

test('an object that no pass has applied is tried first, and read where it exists', async () => {
  const memory = { standing: createStandings().of('app', 1), labels, isNew: () => true };
  const { cluster, calls } = holding({ old: '7' });
  const decisions = await planStage({ ...base, cluster, memory, concurrency: 1 }, [
    declared('new'),
    declared('old'),
  ]);
  expect(decisions.map(({ action }) => action)).toEqual(['create', 'nothing']);
  expect(calls.map(({ what }) => what)).toEqual(['try new', 'try old', 'get old', 'try old']);
});
