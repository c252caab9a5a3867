import { expect, test } from 'vitest';
import type { Outcome } from '../../../activities/contract.ts';
import { eventsOf } from '../../../activities/status/announce.ts';
import { recordHistory } from '../../../activities/status/history.ts';
import { conditionsOf } from '../../../activities/status/kustomization-conditions.ts';
import { specWith } from '../../support/manifests.ts';

const now = '2026-02-02T00:00:00Z';
const outcome = (fields: Partial<Outcome> = {}): Outcome => ({
  result: 'applied',
  reason: 'ReconciliationSucceeded',
  message: 'Applied revision: main@sha1:1',
  generation: 1,
  terminal: false,
  durationMs: 75,
  nextMs: 300_000,
  revision: 'main@sha1:1',
  renderDigest: 'sha256:1',
  ...fields,
});
const failure = outcome({ result: 'failed', reason: 'BuildFailed', message: 'no' });

test.each([
  ['a success', outcome(), { Ready: 'True' }, ['Reconciling', 'Stalled']],
  ['a failure', failure, { Ready: 'False', Reconciling: 'True' }, ['Stalled']],
  [
    'a terminal failure',
    { ...failure, terminal: true },
    { Ready: 'False', Stalled: 'True' },
    ['Reconciling'],
  ],
])(
  '%s never leaves Reconciling and Stalled together, nor either beside Ready',
  (_, end, set, gone) => {
    const { wanted, remove } = conditionsOf(end, specWith());
    expect(Object.fromEntries(wanted.map(({ type, status }) => [type, status]))).toEqual(set);
    expect(remove).toEqual(expect.arrayContaining(gone));
  },
);

test('Healthy is told only when something was checked, and taken away where nothing is', () => {
  const health = { checked: 1, durationMs: 1 };
  const told = (fields: object, checked: object = { health }): ReturnType<typeof conditionsOf> =>
    conditionsOf(outcome(checked), specWith(fields));
  const types = (fields: object): string[] => told(fields).wanted.map(({ type }) => type);
  expect(told({}).remove).toContain('Healthy');
  const unchecked = told({ wait: true }, {});
  expect(unchecked.wanted.map(({ type }) => type)).not.toContain('Healthy');
  expect(unchecked.remove).not.toContain('Healthy');
  expect(types({})).not.toContain('Healthy');
  expect(types({ wait: true })).toContain('Healthy');
  expect(types({ healthChecks: [{ kind: 'Deployment', name: 'a' }] })).toContain('Healthy');
});

test('the history counts what repeats, keeps five entries and puts the newest first', () => {
  let history: NonNullable<ReturnType<typeof recordHistory>['history']> = [];
  const record = (digest: string): void => {
    history = recordHistory(history, outcome({ renderDigest: digest }), now).history ?? history;
  };
  for (const digest of ['1', '2', '3', '4', '5', '6', '5']) record(digest);
  expect(history.map(({ digest, totalReconciliations }) => [digest, totalReconciliations])).toEqual(
    [
      ['5', 2],
      ['6', 1],
      ['4', 1],
      ['3', 1],
      ['2', 1],
    ],
  );
});

test.each([
  ['a build failure', failure],
  ['a wait that news ended', outcome({ result: 'canceled', reason: 'HealthCheckCanceled' })],
])('%s leaves no entry in the history', (_, end) => {
  expect(recordHistory([], end, now)).toEqual({});
});

test('the events tell changes, deletions, health and the end', () => {
  const events = eventsOf(
    outcome({
      changes: {
        created: ['ConfigMap/a/b'],
        configured: [],
        counts: { created: 1, configured: 0, unchanged: 0, skipped: 0 },
      },
      pruned: { deleted: ['Secret/a/c'], kept: ['Secret/a/d'], counts: { deleted: 1, kept: 1 } },
      health: { checked: 1, durationMs: 1200 },
    }),
    false,
  );
  expect(events.map(({ message }) => message)).toEqual([
    'ConfigMap/a/b created',
    'Secret/a/c deleted\nSecret/a/d skipped',
    'Health check passed in 1.2s',
    'Reconciliation finished in 75ms, next run in 5m0s',
  ]);
});

test('parked deletions are told once', () => {
  const parked = outcome({ result: 'parked', reason: 'DeletionBudgetExceeded', terminal: true });
  expect(eventsOf(parked, true)).toMatchObject([{ type: 'Warning', reason: parked.reason }]);
  expect(eventsOf({ ...parked, repeated: true }, false)).toEqual([]);
});

test('a failure is a warning, a wait is not', () => {
  expect(eventsOf(failure, true)).toMatchObject([{ type: 'Warning', reason: 'BuildFailed' }]);
  const wait = outcome({ result: 'waiting', reason: 'DependencyNotReady', message: 'x' });
  expect(eventsOf(wait, true)).toMatchObject([{ type: 'Normal', reason: 'DependencyNotReady' }]);
});
