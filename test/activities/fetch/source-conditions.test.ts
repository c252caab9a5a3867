import { expect, test } from 'vitest';
import type { Condition } from '../../../api/index.ts';
import {
  failedConditions,
  progressConditions,
  storedConditions,
} from '../../../activities/fetch/source-conditions.ts';

const at = { generation: 2, now: '2026-01-02T00:00:00Z' };
const earlier = '2026-01-01T00:00:00Z';

function row(text: string): Condition {
  const [type = '', status = '', reason = 'Other'] = text.split(' ');
  const known = status === 'True' || status === 'False' ? status : 'Unknown';
  return { type, status: known, reason, message: 'before', lastTransitionTime: earlier };
}

function told(conditions: readonly Condition[]): string[] {
  return conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`).sort();
}

const stored = ['ArtifactInStorage True Succeeded', 'Ready True Succeeded'];

test.each<[string, string[], string | undefined, boolean, string[]]>([
  [
    'the first fetch that fails',
    [],
    undefined,
    false,
    ['FetchFailed True R', 'Ready False R', 'Reconciling True ProgressingWithRetry'],
  ],
  [
    'a fetch that fails for good',
    stored,
    undefined,
    true,
    ['ArtifactInStorage True Succeeded', 'FetchFailed True R', 'Ready False R', 'Stalled True R'],
  ],
  [
    'an unsigned commit after a good one',
    [...stored, 'SourceVerified True Succeeded', 'ArtifactOutdated True NewRevision'],
    'SourceVerified',
    false,
    [
      'ArtifactInStorage True Succeeded',
      'Ready False R',
      'Reconciling True ProgressingWithRetry',
      'SourceVerified False R',
    ],
  ],
  [
    'an outage after an unsigned commit',
    ['Ready False InvalidCommitSignature', 'SourceVerified False InvalidCommitSignature'],
    undefined,
    false,
    ['FetchFailed True R', 'Ready False R', 'Reconciling True ProgressingWithRetry'],
  ],
  [
    'an outage while the last commit is verified',
    [...stored, 'SourceVerified True Succeeded'],
    undefined,
    false,
    [
      'ArtifactInStorage True Succeeded',
      'FetchFailed True R',
      'Ready False R',
      'Reconciling True ProgressingWithRetry',
      'SourceVerified True Succeeded',
    ],
  ],
  [
    'an include that is missing after an outage',
    ['FetchFailed True Other', 'Ready False Other', 'Stalled True Other'],
    'IncludeUnavailable',
    false,
    ['IncludeUnavailable True R', 'Ready False R', 'Reconciling True ProgressingWithRetry'],
  ],
  [
    'a full disk, which leaves the artifact outdated',
    [...stored, 'ArtifactOutdated True NewRevision'],
    'StorageOperationFailed',
    false,
    [
      'ArtifactInStorage True Succeeded',
      'ArtifactOutdated True NewRevision',
      'Ready False R',
      'Reconciling True ProgressingWithRetry',
      'StorageOperationFailed True R',
    ],
  ],
])('%s', (...[, before, condition, terminal, after]) => {
  const outcome = { reason: 'R', message: 'why', terminal, ...(condition ? { condition } : {}) };
  const conditions = failedConditions(before.map(row), outcome, at);
  expect(told(conditions)).toEqual(after);
  expect(conditions[0]).toMatchObject({ type: 'Ready', message: 'why' });
});

test('a failure that repeats keeps the time of its first appearance', () => {
  const before = ['Ready False R', 'SourceVerified False R'].map(row);
  const outcome = { reason: 'R', message: 'why', terminal: false, condition: 'SourceVerified' };
  const times = failedConditions(before, outcome, at).map((one) => [
    one.type,
    one.lastTransitionTime,
  ]);
  expect(Object.fromEntries(times)).toMatchObject({ Ready: earlier, SourceVerified: earlier });
});

test('a stored artifact ends all that was wrong', () => {
  const before = [
    ...['FetchFailed True', 'IncludeUnavailable True', 'StorageOperationFailed True'],
    ...['Stalled True', 'Reconciling True', 'ArtifactOutdated True', 'SourceVerified False'],
    'Ready False',
  ].map(row);
  expect(told(storedConditions(before, { message: 'stored', verified: undefined }, at))).toEqual(
    stored,
  );
  const verified = { mode: 'HEAD', message: 'verified' };
  expect(told(storedConditions(before, { message: 'stored', verified }, at))).toEqual([
    ...stored,
    'SourceVerified True Succeeded',
  ]);
});

test('progress tells what is outdated, and a retry leaves its failure to be read', () => {
  const outdated = { reason: 'NewRevision', message: 'new' } as const;
  const look = { why: 'the remote moved' };
  expect(told(progressConditions(stored.map(row), look, outdated, at))).toEqual([
    'ArtifactInStorage True Succeeded',
    'ArtifactOutdated True NewRevision',
    'Ready Unknown Progressing',
    'Reconciling True Progressing',
  ]);
  const failed = ['Ready False R', 'FetchFailed True R', 'Stalled True R'].map(row);
  expect(told(progressConditions(failed, look, outdated, at))).toEqual([
    'FetchFailed True R',
    'Ready False R',
    'Reconciling True Progressing',
  ]);
});
