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

test('a run shows the five stages with their summaries, and its history stays small', async () => {
  const [row] = await runs('SluiceName="app" AND SluicePhase="applied" AND SluiceTrigger="start"');
  const id = workflowId('Kustomization', { namespace: space.name, name: 'app' });
  const history = await space.temporal.workflow.getHandle(id, row?.runId).fetchHistory();
  const events = history.events ?? [];
  const stages = events.flatMap(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? [],
  );
  expect(stages).toEqual(['fetch', 'render', 'apply', 'health', 'prune']);
  const summaries = events
    .filter((event) => event.activityTaskScheduledEventAttributes)
    .map((event) => Buffer.from(event.userMetadata?.summary?.data ?? []).toString());
  expect(summaries).toEqual([
    expect.stringContaining('fetch main@sha1:'),
    expect.stringContaining('render main@sha1:'),
    expect.stringContaining('apply 1 objects of main@sha1:'),
    expect.stringContaining('health of main@sha1:'),
    expect.stringContaining('prune after main@sha1:'),
  ]);
  expect(events.length).toBeLessThan(60);
});

test('a hundred signals at once are a few passes', async () => {
  const before = await runs('SluiceName="app"');
  await Promise.all(Array.from({ length: 100 }, () => space.signal('Kustomization', 'app')));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const after = await runs('SluiceName="app"');
  expect(after.length - before.length).toBeLessThan(20);
});
