import { expect, test } from 'vitest';
import { explainQuery, workflowId } from '../../workflows/messages.ts';
import { kustomization, type Row } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource({
  'web/kustomization.yaml': 'resources: [a.yaml, ../base]\n',
  'web/a.yaml': configMap('a', { key: 'from ${variable:=nowhere}' }),
  'base/kustomization.yaml': 'resources: [b.yaml]\n',
  'base/b.yaml': configMap('b'),
  'other/c.yaml': configMap('c'),
});
await space.apply({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'variables' },
  data: { variable: 'first' },
});
await space.untilReady('GitRepository', 'repo');
await space.apply(
  kustomization('web', 'repo', {
    path: './web',
    targetNamespace: space.name,
    wait: true,
    postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'variables' }] },
  }),
);
await space.untilReady('Kustomization', 'web');
const handle = space.temporal.workflow.getHandle(
  workflowId('Kustomization', { namespace: space.name, name: 'web' }),
);

async function pushed(files: Record<string, string>): Promise<Row> {
  const revision = `main@sha1:${await repository.commit(files)}`;
  await space.signal('GitRepository', 'repo');
  return space.until('Kustomization', 'web', (row) => row.status.lastAppliedRevision === revision);
}

async function run(): Promise<string> {
  return (await handle.describe()).runId;
}

test('a commit that touches nothing of it costs no pass, and the status follows it', async () => {
  await expect.poll(async () => (await handle.query(explainQuery)).phase).toBe('idle');
  const [before, pod] = [await run(), await space.get('ConfigMap', 'a')];
  const row = await pushed({ 'other/c.yaml': configMap('c', { key: 'new' }), 'README.md': 'new' });
  const revision = row.status.lastAppliedRevision ?? '';
  expect(row.status).toMatchObject({
    lastAttemptedRevision: revision,
    lastAppliedRevision: revision,
  });
  const conditions = Object.fromEntries(
    (row.status.conditions ?? []).map(({ type, status, message }) => [
      type,
      `${status} ${message}`,
    ]),
  );
  expect(conditions['Ready']).toBe(`True Applied revision: ${revision}`);
  expect(conditions['Healthy']).toContain('True Health check passed');
  expect(Object.keys(conditions).sort()).toEqual(['Healthy', 'Ready']);
  expect(row.status.history?.[0]).toMatchObject({
    totalReconciliations: 2,
    metadata: { revision },
  });
  expect(await run()).toBe(before);
  expect((await space.get('ConfigMap', 'a'))?.metadata.resourceVersion).toBe(
    pod?.metadata.resourceVersion,
  );
  const explanation = await handle.query(explainQuery);
  expect(explanation).toMatchObject({ phase: 'idle', revision });
  expect(explanation.doing).toContain('changes nothing here');
});

test('a commit that touches a base outside of its path is applied', async () => {
  const before = await run();
  await pushed({ 'base/b.yaml': configMap('b', { key: 'new' }) });
  expect((await space.get('ConfigMap', 'b'))?.['data']).toEqual({ key: 'new' });
  expect(await run()).not.toBe(before);
});

test('a variable that changed counts, even where the commit touches nothing', async () => {
  await space.patch('ConfigMap', 'variables', { data: { variable: 'second' } });
  await pushed({ 'README.md': 'newer' });
  expect((await space.get('ConfigMap', 'a'))?.['data']).toEqual({ key: 'from second' });
});

test('a request runs a whole pass at any revision', async () => {
  await space.patch('ConfigMap', 'a', { data: { key: 'by hand' } });
  const stamp = new Date().toISOString();
  const annotations = { 'reconcile.fluxcd.io/requestedAt': stamp };
  await space.patch('Kustomization', 'web', { metadata: { annotations } });
  await space.until('Kustomization', 'web', (row) => row.status.lastHandledReconcileAt === stamp);
  expect((await space.get('ConfigMap', 'a'))?.['data']).toEqual({ key: 'from second' });
});

test('after a failure a commit that touches nothing is tried as a whole', async () => {
  const broken = await repository.commit({
    'web/broken.yaml': 'x',
    'web/kustomization.yaml': 'resources: [missing.yaml]\n',
  });
  await space.signal('GitRepository', 'repo');
  await space.until(
    'Kustomization',
    'web',
    (row) =>
      row.status.lastAttemptedRevision?.endsWith(broken) === true &&
      row.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'False') ===
        true,
  );
  const commit = await repository.commit({ 'README.md': 'newest' });
  await space.signal('GitRepository', 'repo');
  const row = await space.until(
    'Kustomization',
    'web',
    ({ status }) =>
      status.lastAttemptedRevision?.endsWith(commit) === true &&
      status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'False') ===
        true,
  );
  expect(row.status.lastAppliedRevision).not.toContain(commit);
});
