import { expect, test } from 'vitest';
import { mergePatch } from '../../activities/cluster/merge-patch.ts';
import type { KubeObject, ObjectRef } from '../../activities/cluster/object.ts';
import { conditionOf, gitRepository, kustomization, type Row } from '../support/cluster.ts';
import { definition } from '../support/definitions.ts';
import { openSpace } from '../support/space.ts';

const { space, repository } = await openSpace();
const group = `${space.name}.example.com`;
const v1 = { name: 'v1', fields: ['max', 'hand'] };
const v2 = { name: 'v2', fields: ['max', 'hand', 'unit'] };
const v3 = { name: 'v3', fields: [...v2.fields, 'site'] };

function gauge(version: string, spec: object): string {
  const metadata = { name: 'g' };
  return JSON.stringify({ apiVersion: `${group}/${version}`, kind: 'Gauge', metadata, spec });
}

function refAt(version: string): ObjectRef {
  return { apiVersion: `${group}/${version}`, kind: 'Gauge', namespace: space.name, name: 'g' };
}

async function pushed(files: Record<string, string | undefined>, status = 'True'): Promise<Row> {
  const revision = `main@sha1:${await repository.commit(files)}`;
  await space.signal('GitRepository', 'repo');
  return space.until(
    'Kustomization',
    'gauges',
    (row) =>
      row.status.lastAttemptedRevision === revision && conditionOf(row, 'Ready')?.status === status,
  );
}

function rowsOf(live: KubeObject | undefined): string[] {
  const rows = (live?.metadata.managedFields ?? []) as Record<string, string>[];
  return rows
    .map(({ manager = '', apiVersion = '', subresource = '' }) =>
      [manager, apiVersion.split('/')[1], subresource].join(' ').trim(),
    )
    .sort();
}

await repository.commit({
  'gauges/crd.yaml': definition(group, 'Gauge', [v1]),
  'gauges/g.yaml': gauge('v1', { max: '1' }),
});
await space.apply(gitRepository('repo', repository.url));
await space.apply(
  kustomization('gauges', 'repo', {
    path: './gauges',
    targetNamespace: space.name,
    retryInterval: '2s',
  }),
);
await space.untilReady('Kustomization', 'gauges');

test('a commit brings a version of a CRD with a new field, and an object that has the field', async () => {
  // Its operator writes a field and the status, and a person another field, all at the version of that day.
  const operator = { manager: 'operator' };
  await mergePatch(space.cluster, refAt('v1'), { spec: { hand: '7' } }, operator);
  const reading = { status: { reading: '7' } };
  await mergePatch(space.cluster, refAt('v1'), reading, { ...operator, subresource: 'status' });
  const before = await space.cluster.get(refAt('v1'));
  await pushed({
    'gauges/crd.yaml': definition(group, 'Gauge', [v1, v2]),
    'gauges/g.yaml': gauge('v2', { max: '2', unit: 'bar' }),
  });
  const live = await space.cluster.get(refAt('v2'));
  expect(live).toMatchObject({
    metadata: { uid: before?.metadata.uid },
    spec: { max: '2', unit: 'bar', hand: '7' },
    status: { reading: '7' },
  });
  expect(rowsOf(live)).toEqual(['kustomize-controller v2', 'operator v2', 'operator v2 status']);
});

test('nothing is moved for an object that the new version does not allow either', async () => {
  const crd = definition(group, 'Gauge', [v1, v2, v3]);
  const misspelt = gauge('v3', { max: '3', unit: 'bar', sight: 'roof' });
  const row = await pushed({ 'gauges/crd.yaml': crd, 'gauges/g.yaml': misspelt }, 'False');
  expect(conditionOf(row, 'Ready')?.message).toContain('.spec.sight: field not declared in schema');
  const before = rowsOf(await space.cluster.get(refAt('v3')));
  expect(before).toEqual(['kustomize-controller v2', 'operator v2', 'operator v2 status']);
  await pushed({ 'gauges/g.yaml': gauge('v3', { max: '3', unit: 'bar', site: 'roof' }) });
  const live = await space.cluster.get(refAt('v3'));
  expect(live).toMatchObject({ spec: { max: '3', site: 'roof', hand: '7' } });
  expect(rowsOf(live)).toEqual(before.map((held) => held.replace('v2', 'v3')));
});

test('an object that leaves the source together with its version is deleted', async () => {
  const old = [v1, v2, v3].map((version) => ({ ...version, served: false }));
  const v4 = { name: 'v4', fields: v3.fields };
  const crd = definition(group, 'Gauge', [...old, v4]);
  await pushed({ 'gauges/crd.yaml': crd, 'gauges/g.yaml': undefined });
  space.cluster.discovery.forget();
  expect(await space.cluster.get(refAt('v3'))).toBeUndefined();
  expect(await space.cluster.discovery.versionsOf(group)).toEqual([`${group}/v4`]);
  expect(await space.cluster.get(refAt('v4'))).toBeUndefined();
});
