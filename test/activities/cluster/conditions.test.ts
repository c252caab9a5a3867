import { expect, test } from 'vitest';
import { withConditions } from '../../../activities/cluster/conditions.ts';

const old = '2026-01-01T00:00:00Z';
const now = '2026-02-02T00:00:00Z';
const row = (type: string, status: 'True' | 'False', generation = 1) => ({
  type,
  status,
  reason: 'Before',
  message: 'before',
  lastTransitionTime: old,
  observedGeneration: generation,
});
const wanted = (type: string, status: 'True' | 'False') =>
  ({ type, status, reason: 'Now', message: 'now' }) as const;

test('the transition time moves only when the status does', () => {
  const current = [row('Ready', 'True'), row('Stalled', 'False')];
  const [ready, stalled] = withConditions(
    current,
    [wanted('Ready', 'True'), wanted('Stalled', 'True')],
    [],
    { generation: 2, now },
  );
  expect(ready).toMatchObject({ lastTransitionTime: old, reason: 'Now', observedGeneration: 2 });
  expect(stalled).toMatchObject({ lastTransitionTime: now, status: 'True' });
});

test('what is to be removed goes, what is not mentioned stays', () => {
  const current = [row('Reconciling', 'True'), row('Healthy', 'True')];
  const result = withConditions(current, [wanted('Ready', 'True')], ['Reconciling'], {
    generation: 3,
    now,
  });
  expect(result.map(({ type }) => type)).toEqual(['Ready', 'Healthy']);
});

test('beside Ready=True every condition speaks of the same generation', () => {
  const result = withConditions([row('Healthy', 'True', 1)], [wanted('Ready', 'True')], [], {
    generation: 5,
    now,
  });
  expect(result.map(({ observedGeneration }) => observedGeneration)).toEqual([5, 5]);
});

test('a message is cut at the limit of the API', () => {
  const long = { ...wanted('Ready', 'False'), message: 'x'.repeat(40_000) };
  expect(withConditions([], [long], [], { generation: 1, now })[0]?.message).toHaveLength(32_768);
});
