import { expect, test } from 'vitest';
import { hasDrifted } from '../../../activities/apply/drift.ts';
import { moveTo, takeOver, type FieldTree } from '../../../activities/apply/managed-fields.ts';
import { normalize } from '../../../activities/apply/normalize.ts';

const map = (fields: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm', ...metadata },
  ...fields,
});

test.each([
  ['data', map({ data: { a: '1' } }), map({ data: { a: '2' } }), true],
  ['a label', map(), map({}, { labels: { a: '1' } }), true],
  ['an annotation', map(), map({}, { annotations: { a: '1' } }), true],
  [
    'the resource version',
    map({}, { resourceVersion: '1' }),
    map({}, { resourceVersion: '2' }),
    false,
  ],
  ['the managed fields', map({}, { managedFields: [] }), map(), false],
  ['the status', map({ status: { a: 1 } }), map({ status: { a: 2 } }), false],
  ['nothing', map({ data: { a: '1' } }), map({ data: { a: '1' } }), false],
])('a difference in %s is drift or not', (_, live, applied, drifted) => {
  expect(hasDrifted(live, applied)).toBe(drifted);
});

test('a Secret is sent with data only, and values that are no text are left for the server to refuse', () => {
  const secret = {
    ...map({ data: { a: 'YQ==' }, stringData: { b: 'b', c: 5 } }),
    kind: 'Secret',
  };
  expect(normalize(secret)).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'm' },
    data: { a: 'YQ==', b: 'Yg==', c: 5 },
  });
});

test('an exported manifest is sent without what only the server may set', () => {
  const exported = map(
    { status: {} },
    { uid: 'x', resourceVersion: '1', managedFields: [], generation: 2 },
  );
  expect(normalize(exported)).toEqual(map());
});

test('the fields of kubectl become ours, those of other managers stay theirs', () => {
  const rows = [
    { manager: 'kustomize-controller', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } },
    { manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:data': { 'f:b': {} } } },
    { manager: 'hpa', operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
  ];
  expect(takeOver(rows)).toEqual([
    {
      manager: 'kustomize-controller',
      operation: 'Apply',
      fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } },
    },
    rows[2],
  ]);
});

test('the fields of an overridden manager become ours, too', () => {
  const rows = [{ manager: 'old-tool-2', operation: 'Apply', fieldsV1: { 'f:data': {} } }];
  expect(takeOver(rows, ['old-tool'])).toEqual([
    { manager: 'kustomize-controller', operation: 'Apply', fieldsV1: { 'f:data': {} } },
  ]);
  expect(takeOver(rows, ['other'])).toBeUndefined();
});

test.each([
  ['there is none of them', [{ manager: 'hpa', operation: 'Update' }]],
  [
    'kubectl only wrote a subresource',
    [{ manager: 'kubectl', operation: 'Update', subresource: 'scale' }],
  ],
])('nothing is taken over when %s', (_, rows) => {
  expect(takeOver(rows)).toBeUndefined();
});

test('rows are moved to the version of the manifest with their managers and fields', () => {
  const row = (manager: string, apiVersion: string, fieldsV1: object, more: object = {}) => ({
    ...{ manager, operation: 'Update', apiVersion, fieldsV1: fieldsV1 as FieldTree, ...more },
  });
  const own = row('kustomize-controller', 'a.io/v1', { 'f:spec': {} }, { operation: 'Apply' });
  const status = row('operator', 'a.io/v1', { 'f:status': {} }, { subresource: 'status' });
  const [old, new_] = [
    row('operator', 'a.io/v1', { 'f:spec': { 'f:a': {} } }, { time: '1' }),
    row('operator', 'a.io/v2', { 'f:spec': { 'f:b': {} } }, { time: '2' }),
  ];
  expect(moveTo('a.io/v2', [own, status, old, new_])).toEqual([
    { ...own, apiVersion: 'a.io/v2' },
    { ...status, apiVersion: 'a.io/v2' },
    { ...new_, fieldsV1: { 'f:spec': { 'f:a': {}, 'f:b': {} } } },
  ]);
  expect(moveTo('a.io/v2', [new_])).toBeUndefined();
});
