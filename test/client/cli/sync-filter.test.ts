import { expect, test } from 'vitest';
import { syncFilter, type SyncFilterOptions } from '../../../client/cli/sync-filter.ts';

const id = 'kustomization/apps/web';
const now = Date.parse('2026-11-25T12:00:00Z');
const revision = 'main@sha1:1f3a9c2b00000000000000000000000000000000';

test.each<[SyncFilterOptions, string]>([
  [{}, ''],
  [{ outcome: 'failed' }, ' AND SluicePhase IN ("failed")'],
  [{ outcome: 'running' }, ' AND SluicePhase IN ("starting", "syncing")'],
  [{ trigger: 'drift' }, ' AND SluiceTrigger="drift"'],
  [{ trigger: 'config' }, ' AND SluiceTrigger="config"'],
  [{ revision }, ` AND SluiceRevision STARTS_WITH "${revision}"`],
  [{ revision: 'v1.2.3' }, ' AND SluiceRevision STARTS_WITH "v1.2.3"'],
  [{ revision: '1f3a9c2b' }, ''],
  [{ since: '2h' }, ' AND StartTime >= "2026-11-25T10:00:00.000Z"'],
  [
    { since: '2026-11-01', until: '1d' },
    ' AND StartTime >= "2026-11-01T00:00:00.000Z" AND StartTime <= "2026-11-24T12:00:00.000Z"',
  ],
  [{ object: 'ConfigMap/apps/a' }, ''],
])('%j is asked of Temporal as far as it can answer', (options, terms) => {
  expect(syncFilter(id, options, now).query).toBe(`WorkflowId="${id}"${terms}`);
});

test('what is typed never ends a value of the query', () => {
  const { query } = syncFilter('kustomization/apps/a" OR WorkflowId!="\\', {}, now);
  expect(query).toBe('WorkflowId="kustomization/apps/a\\" OR WorkflowId!=\\"\\\\"');
});

test.each([
  [undefined, true],
  [revision, true],
  ['main@sha1:1f3a', true],
  ['main', true],
  ['1f3a9c2b', true],
  ['1F3A', true],
  ['9c2b', false],
  ['dev', false],
])('the revision is found by %s or not', (wanted, found) => {
  const options = wanted === undefined ? {} : { revision: wanted };
  expect(syncFilter(id, options, now).hasRevision(revision)).toBe(found);
});

test.each<[SyncFilterOptions, string]>([
  [{ outcome: 'good' }, 'there is no outcome "good"\n  next: use one of applied'],
  [{ outcome: 'constructor' }, 'there is no outcome "constructor"'],
  [{ trigger: 'magic' }, 'there is no trigger "magic"\n  next: use one of start'],
  [{ revision: 'a" OR "' }, 'is no revision'],
  [{ since: 'yesterday' }, '--since "yesterday" is no time'],
  [{ until: '5 m' }, '--until "5 m" is no time'],
  [{ object: 'a' }, '"a" names no object'],
  [{ object: 'ConfigMap//a' }, 'names no object'],
])('%j is refused with a message that helps', (options, text) => {
  expect(() => syncFilter(id, options, now)).toThrow(text);
});
