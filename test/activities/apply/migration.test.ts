import { expect, test } from 'vitest';
import { isStale, isUnconvertible, migrated } from '../../../activities/apply/migration.ts';
import { ApiError } from '../../../activities/cluster/api-error.ts';
import type { KubeObject } from '../../../activities/cluster/object.ts';

const gauge = (version: string, rows: string[] = []): KubeObject => ({
  apiVersion: `a.io/${version}`,
  kind: 'Gauge',
  metadata: {
    name: 'g',
    managedFields: rows.map((row) => ({ manager: 'm', operation: 'Apply', apiVersion: row })),
  },
});
const answer = (message: string, status = 500): ApiError =>
  new ApiError(status, 'InternalError', message);

const merged =
  'failed to convert merged object to last applied version: .spec.unit: field not declared in schema';
const typed =
  'failed to create typed patch object (a/g; a.io/v2, Kind=Gauge): .spec.unti: field not declared in schema';

test.each<[string, Error, string[], boolean]>([
  ['a row of the old version', answer(merged), ['a.io/v1'], true],
  [
    'a row of a version that is gone',
    answer('request to convert CR to an invalid group/version: a.io/v1alpha1'),
    ['a.io/v1alpha1', 'a.io/v2'],
    true,
  ],
  ['rows of the same version alone', answer(merged), ['a.io/v2'], false],
  ['a field that is misspelt', answer(typed), ['a.io/v1'], false],
  ['another refusal', answer('admission webhook denied it', 400), ['a.io/v1'], false],
  ['an error of our own', new Error(merged), ['a.io/v1'], false],
])('rows are moved for %s or not', (_, error, rows, moves) => {
  expect(isUnconvertible(error, gauge('v2'), gauge('v2', rows))).toBe(moves);
});

test('a field that the schema lacks may come with a schema that was just replaced', () => {
  expect(isStale(answer(typed))).toBe(true);
  expect(isStale(answer(merged))).toBe(false);
});

test('what the manifest does not set stays in what is told of a migration', () => {
  const live = { ...gauge('v2'), spec: { max: 1, theirs: 2, list: [1, 2] } };
  live.metadata.labels = { theirs: 'yes' };
  const asNew = { ...gauge('v2'), spec: { max: 3, unit: 'bar', list: [3] } };
  expect(migrated(live, asNew)).toMatchObject({
    metadata: { labels: { theirs: 'yes' } },
    spec: { max: 3, unit: 'bar', theirs: 2, list: [3] },
  });
});
