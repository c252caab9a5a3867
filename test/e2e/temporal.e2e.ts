import { expect, test } from 'vitest';
import {
  explainQuery,
  reconcileUpdate,
  workflowId,
  type PassReport,
  type Wake,
} from '../../workflows/messages.ts';
import { kustomization, type TestNamespace } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository, revision: first } = await openSource({ 'a.yaml': configMap('a') });
await space.apply(kustomization('app', 'repo', { targetNamespace: space.name }));
await space.untilReady('Kustomization', 'app');

function app(): ReturnType<TestNamespace['temporal']['workflow']['getHandle']> {
  const id = workflowId('Kustomization', { namespace: space.name, name: 'app' });
  return space.temporal.workflow.getHandle(id);
}

async function runs(query: string): Promise<{ runId: string; memo: Record<string, unknown> }[]> {
  const found = [];
  for await (const { runId, memo } of space.temporal.workflow.list({
    query: `SluiceNamespace="${space.name}" AND ${query}`,
  })) {
    found.push({ runId, memo: memo ?? {} });
  }
  return found;
}

test('the query explain tells what it waits for and who can unblock it', async () => {
  await expect.poll(async () => (await app().query(explainQuery)).phase).toBe('idle');
  const explanation = await app().query(explainQuery);
  expect(explanation).toMatchObject({
    ready: true,
    revision: first,
    unblock: 'nothing is blocked',
  });
  expect(explanation.awaits).toContain('a new revision');
  expect(Date.parse(explanation.nextAt ?? '')).toBeGreaterThan(Date.now());
});

test('the update reconcile returns when the requested pass has ended, with its outcome', async () => {
  await space.patch('ConfigMap', 'a', { data: { key: 'by hand' } });
  const report = await app().executeUpdate<PassReport, [Wake]>(reconcileUpdate.name, {
    args: [{ reason: 'test' }],
  });
  expect(report).toMatchObject({ ready: true, revision: first });
  expect((await space.get('ConfigMap', 'a'))?.['data']).toEqual({ key: 'value' });
});

test('the update tells of a failing pass without failing itself', async () => {
  const commit = await repository.commit({ 'broken.yaml': 'a: [' });
  await space.signal('GitRepository', 'repo');
  await space.untilReady('Kustomization', 'app', 'False');
  const report = await app().executeUpdate<PassReport, [Wake]>(reconcileUpdate.name, {
    args: [{}],
  });
  expect(report).toMatchObject({ ready: false, reason: 'BuildFailed' });
  expect(report.message).toContain('broken.yaml');
  const explanation = await app().query(explainQuery);
  expect(explanation.lastError).toContain('broken.yaml');
  const failed = `SluiceRevision="main@sha1:${commit}" AND SluiceReady="False"`;
  await expect.poll(async () => (await runs(failed)).length).toBeGreaterThan(0);
  const [row] = await runs(`${failed} AND SluiceKind="Kustomization" AND SluiceName="app"`);
  expect(row?.memo).toMatchObject({ outcome: 'failed', stage: 'render' });
  await repository.commit({ 'broken.yaml': undefined });
  await space.signal('GitRepository', 'repo');
  await space.untilReady('Kustomization', 'app');
});

test('every row is found by source, trigger, phase and reason', async () => {
  const source = `SluiceSource="GitRepository/${space.name}/repo"`;
  const query = `${source} AND SluiceTrigger="source" AND SluicePhase="applied" AND SluiceReason="ReconciliationSucceeded"`;
  await expect.poll(async () => (await runs(query)).length).toBeGreaterThan(0);
});

/** The stages of the run that a query finds, with the summaries that they show, and how many events it has. */
async function stagesOf(
  name: string,
  revision: string,
): Promise<{ told: string[][]; events: number }> {
  const query = `SluiceName="${name}" AND SluicePhase="applied" AND SluiceRevision="${revision}"`;
  await expect.poll(() => runs(query)).not.toEqual([]);
  const [row] = await runs(query);
  const id = workflowId('Kustomization', { namespace: space.name, name });
  const history = await space.temporal.workflow.getHandle(id, row?.runId).fetchHistory();
  const events = history.events ?? [];
  const told = events.flatMap((event) => {
    const stage = event.activityTaskScheduledEventAttributes?.activityType?.name;
    const summary = Buffer.from(event.userMetadata?.summary?.data ?? []).toString();
    return stage ? [[stage, summary.replace(/[0-9a-f]{8}/, 'X')]] : [];
  });
  return { told, events: events.length };
}

const toTheCluster = (objects: number): string[][] => [
  ['fetch', '"fetch main@sha1:X"'],
  ['render', '"render main@sha1:X"'],
  ['apply', `"apply ${objects} objects of main@sha1:X"`],
];

test('a run shows its stages with their summaries, and its history stays small', async () => {
  const commit = await repository.commit({ 'a.yaml': undefined, 'b.yaml': configMap('b') });
  await space.patch('Kustomization', 'app', { spec: { wait: true } });
  await space.signal('GitRepository', 'repo');
  const revision = `main@sha1:${commit}`;
  await space.until('Kustomization', 'app', (row) => row.status.lastAppliedRevision === revision);
  const { told, events } = await stagesOf('app', revision);
  expect(told).toEqual([
    ...toTheCluster(1),
    ['health', '"health of main@sha1:X"'],
    ['prune', '"prune after main@sha1:X"'],
  ]);
  expect(events).toBeLessThan(60);
});

test('a stage that has nothing to do is not scheduled', async () => {
  const revision = `main@sha1:${await repository.commit({ 'plain/c.yaml': configMap('c') })}`;
  await space.signal('GitRepository', 'repo');
  await space.until('GitRepository', 'repo', (row) => row.status.artifact?.revision === revision);
  const spec = { path: './plain', targetNamespace: space.name, namePrefix: 'plain-' };
  await space.apply(kustomization('plain', 'repo', spec));
  await space.untilReady('Kustomization', 'plain');
  const { told, events } = await stagesOf('plain', revision);
  expect(told).toEqual(toTheCluster(1));
  expect(events).toBeLessThan(45);
});

test('a hundred signals at once are a few passes', async () => {
  const before = await runs('SluiceName="app"');
  await Promise.all(Array.from({ length: 100 }, () => space.signal('Kustomization', 'app')));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const after = await runs('SluiceName="app"');
  expect(after.length - before.length).toBeLessThan(20);
});
