import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBackoff } from '../../../../client/bridge/drift/backoff.ts';
import { ownerFrom, type Owner } from '../../../../client/bridge/drift/owner.ts';
import { createPendingDrifts, type Drift } from '../../../../client/bridge/drift/pending.ts';
import type { Fault } from '../../../../client/bridge/drift/reason.ts';

const id = 'apps_a__ConfigMap';
const running = { conditions: [{ type: 'Reconciling', status: 'True', reason: 'Progressing' }] };
const ks = (status: object = {}, spec: object = {}): Owner =>
  ownerFrom({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'app', namespace: 'apps' },
    spec: { interval: '8s', ...spec },
    status: { inventory: { entries: [{ id, v: 'v1' }] }, ...conditions(status) },
  });
const conditions = (status: { conditions?: object[] }): object => ({
  ...status,
  conditions: status.conditions?.map((row) => ({
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    ...row,
  })),
});
const drift = (at: string, confirm?: Drift['confirm']): Drift => ({
  ref: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name: 'a' },
  place: {
    id: '',
    cluster: undefined,
    work: () => Promise.resolve(),
    refresh: () => undefined,
    close: () => undefined,
  },
  fault: { kind: 'changed', fields: [{ path: 'f:data\nf:key', manager: 'rival', at }] },
  ...(confirm ? { confirm } : {}),
});

function watched(start: Owner) {
  const state = { owner: start as Owner | undefined, woken: [] as string[], waits: [] as number[] };
  const pending = createPendingDrifts({
    owner: () => state.owner,
    wake: (_, reason) => state.woken.push(reason),
    repeated: (_, { delayMs }) => state.waits.push(delayMs),
  });
  return { state, pending };
}

const owner = 'apps/app';
const wait = (ms = 300): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a drift wakes its owner once', async () => {
  const { state, pending } = watched(ks());
  pending.note(owner, id, drift('1'));
  pending.note(owner, id, drift('1'));
  await wait();
  pending.settle(owner);
  await wait();
  expect(state.woken).toEqual(['ConfigMap/apps/a: data.key changed by rival at 1']);
});

test.each([
  ['a pass runs', ks(running)],
  ['it is suspended', ks({}, { suspend: true })],
])('while %s it is held, and judged again after it', async (_, held) => {
  const { state, pending } = watched(held);
  pending.note(owner, id, drift('1'));
  await wait();
  expect(state.woken).toEqual([]);
  state.owner = ks();
  pending.settle(owner);
  await wait();
  expect(state.woken).toHaveLength(1);
});

test('what a pass has mended, or what left the inventory, is not told', async () => {
  const { state, pending } = watched(ks(running));
  pending.note(owner, id, drift('1'));
  pending.note(owner, 'apps_pruned__ConfigMap', drift('1'));
  await wait();
  pending.clear(owner, id);
  state.owner = ks();
  pending.settle(owner);
  await wait();
  expect(state.woken).toEqual([]);
});

test('what the cluster does not confirm is not told', async () => {
  const { state, pending } = watched(ks());
  const deleted: Fault = { kind: 'deleted', at: 'now' };
  pending.note(
    owner,
    id,
    drift('1', () => Promise.resolve(undefined)),
  );
  await wait();
  pending.note(
    owner,
    id,
    drift('2', () => Promise.resolve(deleted)),
  );
  await wait();
  expect(state.woken).toEqual(['ConfigMap/apps/a: deleted, seen at now']);
});

test('who fights is corrected more and more seldom, up to the interval, and again at once after a quiet time', async () => {
  const { state, pending } = watched(ks());
  for (let round = 0; round < 6; round++) {
    pending.note(owner, id, drift(`${round}`));
    await wait(9000);
    pending.clear(owner, id);
  }
  expect(state.waits).toEqual([1000, 2000, 4000, 8000, 8000]);
  expect(state.woken).toHaveLength(6);
  await wait(120_000);
  pending.note(owner, id, drift('later'));
  await wait();
  expect([state.waits.length, state.woken.length]).toEqual([5, 7]);
});

test('whoever writes on while a correction waits does not put it off', async () => {
  const { state, pending } = watched(ks());
  pending.note(owner, id, drift('0'));
  await wait();
  for (let write = 1; write < 15; write++) {
    pending.note(owner, id, drift(`${write}`));
    await wait(100);
  }
  expect(state.woken).toHaveLength(2);
});

test('other objects are not slowed', () => {
  const backoff = createBackoff();
  const delays = ['a', 'a', 'b', 'a'].map((key, at) => backoff.next(key, 60_000, at).delayMs);
  expect(delays).toEqual([0, 1000, 0, 2000]);
});

test('a Kustomization that bypassed the schema is left alone', () => {
  const broken = { apiVersion: 'x', kind: 'Kustomization', metadata: { name: 'a' }, spec: 5 };
  expect(ownerFrom(broken)).toMatchObject({ stopped: true, busy: false });
});

test('ignored fields are those that a rule points at in an object that it selects', () => {
  const ignore = [
    { paths: ['/data/theirs'], target: { kind: 'ConfigMap' } },
    { paths: ['no pointer'] },
  ];
  const { ignores } = ks({}, { ignore });
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
  expect([
    ignores(object, 'f:data\nf:theirs'),
    ignores(object, 'f:data\nf:ours'),
    ignores({ ...object, kind: 'Secret' }, 'f:data\nf:theirs'),
  ]).toEqual([true, false, false]);
});
