import { expect, test } from 'vitest';
import { countRequests } from '../../bench/race/cost.ts';
import { planDay } from '../../bench/race/day-plan.ts';
import { median, percentile } from '../../bench/race/median.ts';
import { planOf } from '../../bench/race/options.ts';
import { settledCommit } from '../../bench/race/row.ts';
import type { Row } from '../support/cluster.ts';

test('requests are summed by verb, without leases and watches', () => {
  const metrics = [
    '# TYPE apiserver_request_total counter',
    'apiserver_request_total{code="200",resource="pods",verb="GET"} 3',
    'apiserver_request_total{code="404",resource="",verb="GET"} 4',
    'apiserver_request_total{code="200",resource="leases",verb="PUT"} 900',
    'apiserver_request_total{code="200",resource="pods",verb="WATCH"} 8',
    'apiserver_request_total{code="200",resource="pods",verb="APPLY"} 1.2e+06',
  ].join('\n');
  expect(countRequests(metrics)).toEqual({ GET: 7, APPLY: 1_200_000 });
});

test('a day has as many commits as wanted, of which three of ten break what they touch', () => {
  const plan = planDay(300, 60);
  expect(plan).toHaveLength(60);
  expect(plan.filter(({ failing }) => failing.length > 0)).toHaveLength(18);
  expect(plan.flatMap(({ touched }) => touched).every((at) => at >= 0 && at < 300)).toBe(true);
  expect(planDay(300, 60)).toEqual(plan);
});

test('what a commit of a day broke is mended six commits later', () => {
  const plan = planDay(300, 60);
  for (const [index, { failing }] of plan.entries()) {
    const later = plan[index + 6];
    if (later === undefined) continue;
    expect(later.touched).toEqual(expect.arrayContaining([...failing]));
    expect(later.failing.filter((member) => failing.includes(member))).toEqual([]);
  }
});

test('medians lie in the middle, percentiles are values that were measured', () => {
  expect(median([9, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 9])).toBe(3);
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([0.5, 0.95, 0.99].map((share) => percentile(values, share))).toEqual([50, 95, 99]);
  expect(percentile([1, Infinity], 0.95)).toBe(Infinity);
});

test('a Kustomization has settled when Ready tells True or False of the commit, and no pass runs', () => {
  const revision = 'main@sha1:abc';
  expect(settledCommit(row('True', undefined, revision))).toBe('abc');
  expect(settledCommit(row('False', 'ProgressingWithRetry', revision))).toBe('abc');
  expect(settledCommit(row('Unknown', 'Progressing', revision))).toBeUndefined();
  expect(settledCommit(row('False', 'Progressing', revision))).toBeUndefined();
  expect(settledCommit(row('False', 'ProgressingWithRetry', revision, 'HealthCheckCanceled'))).toBe(
    undefined,
  );
  expect(settledCommit(undefined)).toBeUndefined();
});

test('numbers of Kustomizations are raced from the smallest on, each as a race', () => {
  const { program, contestants } = planOf(['--many', '300,100', '--only', 'many,fix']);
  expect([...program.keys()]).toEqual(['many 100', 'many 300', 'fix']);
  expect(contestants).toHaveLength(3);
});

test.each([
  ['an unknown race', ['--only', 'many,sprint'], 'there is no sprint: choose of many, drift'],
  ['an unknown contestant', ['--contestants', 'argo'], 'there is no argo'],
  ['a number that is none', ['--many', '10,x'], "--many takes numbers, not 'x'"],
])('%s is refused', (_, args, message) => {
  expect(() => planOf(args)).toThrow(message);
});

function row(
  ready: string,
  reconciling: string | undefined,
  lastAttemptedRevision: string,
  reason = 'Any',
): Row {
  const condition = (type: string, status: string, reason: string): object => ({
    type,
    status,
    reason,
  });
  const conditions = [
    condition('Ready', ready, reason),
    ...(reconciling ? [condition('Reconciling', 'True', reconciling)] : []),
  ];
  const status = { conditions, lastAttemptedRevision } as Row['status'];
  return { apiVersion: 'v1', kind: 'Kustomization', metadata: { name: 'app' }, spec: {}, status };
}
