import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Cluster } from '../../../../activities/cluster/client.ts';
import type { KubeObject } from '../../../../activities/cluster/object.ts';
import type { WatchEvent } from '../../../../activities/cluster/watch-stream.ts';
import { createDriftWatch } from '../../../../client/bridge/drift/drift-watch.ts';

const group = 'kustomize.toolkit.fluxcd.io';
const time = '2026-01-01T10:00:00Z';
const later = '2026-01-01T10:00:05Z';

/** A ConfigMap of the Kustomization of its name, with the fields of ours and those that were written by hand. */
function configMap(name: string, ours: string[], byHand: string[] = []): KubeObject {
  const tree = (keys: string[]): object => ({
    'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])),
  });
  const own = { manager: 'kustomize-controller', operation: 'Apply', time };
  const hand = { manager: 'kubectl-edit', operation: 'Update', time: later };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'apps',
      uid: name,
      labels: { [`${group}/name`]: name, [`${group}/namespace`]: 'apps' },
      managedFields: [
        { ...own, fieldsV1: tree(ours) },
        ...(byHand.length > 0 ? [{ ...hand, fieldsV1: tree(byHand) }] : []),
      ],
    },
  };
}

/** A Kustomization whose inventory holds the ConfigMap of its name, and whose last pass ended at a time. */
function owner(name: string, lastReconciled: string): KubeObject {
  const entry = {
    digest: 'sha256:1',
    firstReconciled: lastReconciled,
    lastReconciled,
    lastReconciledDuration: '500ms',
    lastReconciledStatus: 'ReconciliationSucceeded',
    totalReconciliations: 1,
  };
  return {
    apiVersion: `${group}/v1`,
    kind: 'Kustomization',
    metadata: { name, namespace: 'apps' },
    spec: { interval: '1h' },
    status: {
      inventory: { entries: [{ id: `apps_${name}__ConfigMap`, v: 'v1' }] },
      history: [entry],
    },
  };
}

/** A drift watch of a cluster that has these objects and then tells these events. */
function watched(items: KubeObject[]) {
  const events: WatchEvent[] = [];
  const stop = new AbortController();
  let more = (): void => undefined;
  async function* watch(): AsyncGenerator<WatchEvent> {
    for (;;) {
      yield* events.splice(0);
      await new Promise<void>((resolve) => (more = resolve));
    }
  }
  const home = {
    path: () => Promise.resolve('/api/v1/configmaps'),
    request: () => Promise.resolve({ items, metadata: { resourceVersion: '1' } }),
    watch,
  } as unknown as Cluster;
  const woken: string[] = [];
  const deps = {
    home,
    waker: {
      wake: (_kind: string, { name }: { name: string }, trigger: string, reason: string) =>
        woken.push(`${name} ${trigger} ${reason}`),
    },
    log: { info: () => undefined, warn: () => undefined },
  } as unknown as Parameters<typeof createDriftWatch>[0];
  return {
    drift: createDriftWatch(deps, stop.signal),
    woken,
    tell: (object: KubeObject): void => {
      events.push({ type: 'MODIFIED', object });
      more();
    },
  };
}

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1000);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a change that comes before the inventory is told when the inventory does', async () => {
  const { drift, woken, tell } = watched([configMap('a', ['key']), configMap('b', ['key'])]);
  drift.listed([owner('a', later)]);
  await settled();
  tell(configMap('b', [], ['key']));
  await settled();
  expect(woken).toEqual([]);
  drift.changed(owner('b', time));
  await settled();
  expect(woken).toEqual([`b drift ConfigMap/apps/b: data.key changed by kubectl-edit at ${later}`]);
});

test.each([
  ['before it', '2026-01-01T10:00:02Z', 1],
  ['after it', '2026-01-01T10:00:07Z', 0],
])('a change that nobody watched counts where the last pass was %s', async (_, ended, count) => {
  const { drift, woken } = watched([configMap('a', [], ['key'])]);
  drift.listed([owner('a', ended)]);
  await settled();
  expect(woken).toHaveLength(count);
});
