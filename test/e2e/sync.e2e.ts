import { expect, test } from 'vitest';
import { conditionOf, gitRepository, kustomization, type Row } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSpace } from '../support/space.ts';

const { space, repository } = await openSpace();

async function pushed(files: Record<string, string | undefined>): Promise<string> {
  const commit = await repository.commit(files);
  await space.signal('GitRepository', 'repo');
  return `main@sha1:${commit}`;
}

async function synced(revision: string): Promise<Row> {
  return space.until(
    'Kustomization',
    'app',
    (app) =>
      app.status.lastAppliedRevision === revision && conditionOf(app, 'Ready')?.status === 'True',
  );
}

test('a commit becomes objects in the cluster, with owner labels and an inventory', async () => {
  const commit = await repository.commit({ 'a.yaml': configMap('a'), 'b.yaml': configMap('b') });
  await space.apply(gitRepository('repo', repository.url));
  await space.apply(kustomization('app', 'repo', { targetNamespace: space.name }));
  const app = await space.untilReady('Kustomization', 'app');
  expect(app.status).toMatchObject({
    observedGeneration: 1,
    lastAppliedRevision: `main@sha1:${commit}`,
    lastAttemptedRevision: `main@sha1:${commit}`,
    inventory: {
      entries: [
        { id: `${space.name}_a__ConfigMap`, v: 'v1' },
        { id: `${space.name}_b__ConfigMap`, v: 'v1' },
      ],
    },
  });
  expect(conditionOf(app, 'Ready')).toMatchObject({
    reason: 'ReconciliationSucceeded',
    message: `Applied revision: main@sha1:${commit}`,
  });
  expect(app.metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
  const live = await space.get('ConfigMap', 'a');
  expect(live?.metadata.labels).toMatchObject({
    'kustomize.toolkit.fluxcd.io/name': 'app',
    'kustomize.toolkit.fluxcd.io/namespace': space.name,
  });
  expect(live?.metadata.managedFields).toMatchObject([
    { manager: 'kustomize-controller', operation: 'Apply' },
  ]);
});

test('a new commit follows a signal to its source, and what did not change is not written', async () => {
  const before = await space.get('ConfigMap', 'b');
  await synced(await pushed({ 'a.yaml': configMap('a', { key: 'new' }) }));
  expect((await space.get('ConfigMap', 'a'))?.['data']).toEqual({ key: 'new' });
  const after = await space.get('ConfigMap', 'b');
  expect(after?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
  await space.untilEvent('app', `ConfigMap/${space.name}/a configured`);
});

test('a change by hand is reverted at the next pass, the fields of other managers survive', async () => {
  const labels = { 'by-hand': 'yes' };
  await space.patch('ConfigMap', 'a', { metadata: { labels }, data: { key: 'by hand' } });
  await space.cluster.request({
    method: 'PATCH',
    path: `/api/v1/namespaces/${space.name}/configmaps/b`,
    query: { fieldManager: 'autoscaler' },
    contentType: 'application/merge-patch+json',
    body: { data: { tuned: '5' } },
  });
  await space.signal('Kustomization', 'app');
  const a = await space.until('ConfigMap', 'a', (row) => {
    const data = row['data'] as Record<string, string>;
    return data['key'] === 'new';
  });
  expect(a.metadata.labels).not.toHaveProperty('by-hand');
  expect((await space.get('ConfigMap', 'b'))?.['data']).toEqual({ key: 'value', tuned: '5' });
});

test('a request by annotation is answered in the status', async () => {
  const stamp = new Date().toISOString();
  const annotations = { 'reconcile.fluxcd.io/requestedAt': stamp };
  await space.patch('Kustomization', 'app', { metadata: { annotations } });
  await space.patch('GitRepository', 'repo', { metadata: { annotations } });
  await space.until('Kustomization', 'app', (row) => row.status.lastHandledReconcileAt === stamp);
  await space.until('GitRepository', 'repo', (row) => row.status.lastHandledReconcileAt === stamp);
});

test('a file deleted in Git is pruned, and the event says so', async () => {
  const app = await synced(await pushed({ 'b.yaml': undefined }));
  expect(await space.get('ConfigMap', 'b')).toBeUndefined();
  expect(app.status.inventory?.entries.map(({ id }) => id)).toEqual([`${space.name}_a__ConfigMap`]);
  await space.untilEvent('app', `ConfigMap/${space.name}/b deleted`);
});

test('a broken commit fails with its reason while the old version stays, and a revert heals it', async () => {
  const good = (await space.get('Kustomization', 'app')) as Row;
  await pushed({ 'a.yaml': configMap('a', { key: 'newer' }), 'broken.yaml': 'a: [' });
  const broken = await space.untilReady('Kustomization', 'app', 'False');
  expect(conditionOf(broken, 'Ready')).toMatchObject({ reason: 'BuildFailed' });
  expect(conditionOf(broken, 'Ready')?.message).toContain('broken.yaml is not valid YAML');
  expect(conditionOf(broken, 'Reconciling')).toMatchObject({ reason: 'ProgressingWithRetry' });
  expect(broken.status.lastAppliedRevision).toBe(good.status.lastAppliedRevision);
  expect((await space.get('ConfigMap', 'a'))?.['data']).toEqual({ key: 'new' });
  const healed = await synced(await pushed({ 'broken.yaml': undefined }));
  expect(conditionOf(healed, 'Reconciling')).toBeUndefined();
  expect((await space.get('ConfigMap', 'a'))?.['data']).toEqual({ key: 'newer' });
});

test('the history of the status counts passes with the same manifests', async () => {
  const app = (await space.get('Kustomization', 'app')) as Row;
  const rows = app.status.history ?? [];
  expect(rows.length).toBeGreaterThanOrEqual(3);
  expect(rows[0]).toMatchObject({ lastReconciledStatus: 'ReconciliationSucceeded' });
});

test('suspended it leaves the cluster alone, resumed it catches up', async () => {
  await space.patch('Kustomization', 'app', { spec: { suspend: true } });
  const commit = await pushed({ 'a.yaml': configMap('a', { key: 'while suspended' }) });
  await space.until('GitRepository', 'repo', (row) => row.status.artifact?.revision === commit);
  await space.signal('Kustomization', 'app');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect((await space.get('ConfigMap', 'a'))?.['data']).toEqual({ key: 'newer' });
  await space.patch('Kustomization', 'app', { spec: { suspend: false } });
  await synced(commit);
  expect((await space.get('ConfigMap', 'a'))?.['data']).toEqual({ key: 'while suspended' });
});

test('deleted it takes its objects along, and its workflow ends', async () => {
  await space.remove('Kustomization', 'app');
  await space.untilGone('Kustomization', 'app');
  expect(await space.get('ConfigMap', 'a')).toBeUndefined();
  const handle = space.temporal.workflow.getHandle(`kustomization/${space.name}/app`);
  await expect
    .poll(async () => (await handle.describe()).status.name, { timeout: 20_000 })
    .toBe('COMPLETED');
});
