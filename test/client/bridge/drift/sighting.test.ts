import { expect, test } from 'vitest';
import { sight, type Sighting } from '../../../../client/bridge/drift/sighting.ts';
import type { KubeObject } from '../../../../activities/cluster/object.ts';

const leaf = {};
const own = (fields: object, time = '2026-01-01T10:00:00Z', rest: object = {}): object => ({
  manager: 'kustomize-controller',
  operation: 'Apply',
  apiVersion: 'apps/v1',
  time,
  fieldsV1: fields,
  ...rest,
});
const by = (manager: string, fields: object, rest: object = {}): object => ({
  manager,
  operation: 'Update',
  time: '2026-01-01T11:00:00Z',
  fieldsV1: fields,
  ...rest,
});
const spec = (...names: string[]): object => ({
  'f:spec': { '.': {}, ...Object.fromEntries(names.map((name) => [`f:${name}`, leaf])) },
});
const object = (managedFields: object[], metadata: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'apps', uid: '1', managedFields, ...metadata },
});
const first = sight(undefined, object([own(spec('replicas', 'paused'))]));
const names = ({ lost }: Sighting): string[] =>
  lost.map(({ path, manager }) => `${path.replaceAll('\n', ' ')} ${manager}`);

test('of an object seen for the first time nothing is lost', () => {
  expect(first.lost).toEqual([]);
});

test('a field that another manager took is lost, and who took it is known', () => {
  const now = sight(first, object([own(spec('paused')), by('kubectl-edit', spec('replicas'))]));
  expect(now.lost).toEqual([
    { path: 'f:spec\nf:replicas', manager: 'kubectl-edit', at: '2026-01-01T11:00:00Z' },
  ]);
});

test('a field that was taken through a subresource is lost too', () => {
  const scaled = by('kubectl', spec('replicas'), { subresource: 'scale' });
  expect(names(sight(first, object([own(spec('paused')), scaled])))).toEqual([
    'f:spec f:replicas kubectl',
  ]);
});

test('a field that was removed is lost, and nobody holds it', () => {
  expect(names(sight(first, object([own(spec('paused'))])))).toEqual(['f:spec f:replicas ']);
});

test('a field of a list, a set and an atomic value is told by its path', () => {
  const container = { 'k:{"name":"main"}': { '.': {}, 'f:image': leaf, 'f:args': leaf } };
  const tree = { 'f:spec': { 'f:containers': container }, 'f:finalizers': { 'v:"x"': leaf } };
  const before = sight(undefined, object([own(tree)]));
  const left = { 'f:spec': { 'f:containers': { 'k:{"name":"main"}': { 'f:image': leaf } } } };
  expect(names(sight(before, object([own(left)])))).toEqual([
    'f:spec f:containers k:{"name":"main"} f:args ',
    'f:finalizers v:"x" ',
  ]);
});

test.each([
  [
    'status of another',
    [own(spec('replicas', 'paused')), by('x', spec('a'), { subresource: 'status' })],
  ],
  ['fields of another', [own(spec('replicas', 'paused')), by('autoscaler', spec('minReady'))]],
  ['what another applies with us', [own(spec('replicas', 'paused')), by('x', spec('replicas'))]],
  ['our apply that drops a field', [own(spec('paused'), '2026-01-01T12:00:00Z')]],
  [
    'our apply that leaves a field to another',
    [own(spec('paused'), '2026-01-01T12:00:00Z'), by('autoscaler', spec('replicas'))],
  ],
])('%s is no loss', (_, rows) => {
  expect(sight(first, object(rows)).lost).toEqual([]);
});

test('after our apply counts what it applied', () => {
  const applied = sight(first, object([own(spec('paused'), '2026-01-01T12:00:00Z')]));
  const now = sight(applied, object([own({}, '2026-01-01T12:00:00Z'), by('x', spec('paused'))]));
  expect(names(now)).toEqual(['f:spec f:paused x']);
});

test('what stays lost is told again when its manager writes it again', () => {
  const rows = (time: string): object[] => [
    own(spec('paused')),
    by('x', spec('replicas'), { time }),
  ];
  const lost = sight(first, object(rows('2026-01-01T11:00:00Z')));
  const later = sight(lost, object(rows('2026-01-01T11:00:05Z')));
  expect(later.lost).toMatchObject([{ manager: 'x', at: '2026-01-01T11:00:05Z' }]);
});

test('what is given back is lost no longer', () => {
  const lost = sight(first, object([own(spec('paused')), by('x', spec('replicas'))]));
  expect(sight(lost, object([own(spec('replicas', 'paused'))])).lost).toEqual([]);
});

test('all is lost where our row is gone', () => {
  expect(names(sight(first, object([by('x', spec('replicas'))])))).toEqual([
    'f:spec f:replicas x',
    'f:spec f:paused ',
  ]);
});

test('after a gap what another holds by now is lost, what nobody holds we gave up', () => {
  const rows = [own(spec(), '2026-01-01T12:00:00Z'), by('x', spec('replicas'))];
  const now = sight(first, object(rows), true);
  expect(names(now)).toEqual(['f:spec f:replicas x']);
  const repaired = [own(spec('replicas'), '2026-01-01T13:00:00Z')];
  expect(sight(now, object(repaired)).lost).toEqual([]);
});

test.each([
  ['a new object of the name', { uid: '2' }],
  ['an object that is being deleted', { deletionTimestamp: 'now' }],
])('of %s nothing is lost', (_, metadata) => {
  expect(sight(first, object([own(spec('paused'))], metadata)).lost).toEqual([]);
});

test('of an object first seen after a gap is told what others wrote since our apply', () => {
  const rows = [
    own(spec('replicas')),
    by('before', spec('strategy'), { time: '2026-01-01T09:59:59Z' }),
    by('rival', spec('paused', 'replicas'), { time: '2026-01-01T10:00:00Z' }),
    by('kubelet', spec('status'), { subresource: 'status' }),
    by('kube-controller-manager', spec('revision')),
  ];
  const { lost, unwatched } = sight(undefined, object(rows), true);
  expect(lost).toEqual([]);
  expect(unwatched).toEqual([
    { path: 'f:spec\nf:paused', manager: 'rival', at: '2026-01-01T10:00:00Z' },
  ]);
  expect(sight(undefined, object(rows)).unwatched).toEqual([]);
  const leaving = object(rows, { deletionTimestamp: 'now' });
  expect(sight(undefined, leaving, true).unwatched).toEqual([]);
});

test('what was written unwatched stays so until we apply', () => {
  const rival = by('rival', spec('paused'));
  const seen = sight(undefined, object([own(spec('replicas')), rival]), true);
  const status = by('kubelet', spec('status'), { subresource: 'status' });
  const later = sight(seen, object([own(spec('replicas')), rival, status]));
  expect(later.unwatched).toEqual(seen.unwatched);
  const applied = own(spec('replicas', 'paused'), '2026-01-01T12:00:00Z');
  expect(sight(later, object([applied])).unwatched).toEqual([]);
});

const group = 'kustomize.toolkit.fluxcd.io';

test.each([
  [{ annotations: { [`${group}/reconcile`]: 'disabled' } }, true],
  [{ labels: { [`${group}/ssa`]: 'Ignore' } }, true],
  [{ annotations: { [`${group}/ssa`]: 'IfNotPresent' } }, true],
  [{ annotations: { [`${group}/ssa`]: 'Merge' } }, false],
  [{}, false],
])('the switches %j exempt an object: %s', (metadata, exempt) => {
  expect(sight(undefined, object([], metadata)).exempt).toBe(exempt);
});

test('the owner is read from the labels', () => {
  const labels = { [`${group}/name`]: 'app', [`${group}/namespace`]: 'apps' };
  expect(sight(undefined, object([], { labels })).owner).toBe('apps/app');
  expect(sight(undefined, object([])).owner).toBe('/');
});

test('a Job that removes itself may go', () => {
  const job = { ...object([own(spec('ttlSecondsAfterFinished'))]), kind: 'Job' };
  expect([sight(undefined, job).passing, first.passing]).toEqual([true, false]);
});

test('little is kept of an object', () => {
  const many = Array.from({ length: 100 }, (_, at) => `someFieldOfSomeLength${at}`);
  const { fields } = sight(undefined, object([own(spec(...many))]));
  expect(fields.length).toBeLessThan(600);
});
