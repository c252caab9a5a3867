import { expect, test } from 'vitest';
import {
  reconcileUpdate,
  workflowId,
  type PassReport,
  type Wake,
} from '../../workflows/messages.ts';
import { kustomization } from '../support/cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository, revision: first } = await openSource({ 'a.yaml': configMap('a') });
await space.untilReady('GitRepository', 'repo');
await space.apply(kustomization('app', 'repo', { targetNamespace: space.name }));
await space.untilReady('Kustomization', 'app');

interface Row {
  readonly when: string;
  readonly revision: string;
  readonly trigger: string;
  readonly why: string;
  readonly changes: string;
  readonly counts: Record<string, number>;
  readonly outcome: string;
  readonly object?: string;
}

const sluice = commandLine(space.name);

async function history(...filters: string[]): Promise<Row[]> {
  const { stdout, stderr } = await sluice('history', 'ks', 'app', '-o', 'json', ...filters);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Row[];
}

/** Commits files, waits until the Kustomization has taken the revision in, and gives it. */
async function sync(files: Record<string, string | undefined>): Promise<string> {
  const revision = `main@sha1:${await repository.commit(files)}`;
  await space.signal('GitRepository', 'repo');
  await space.until('Kustomization', 'app', (row) => row.status.lastAttemptedRevision === revision);
  return revision;
}

function workflow(): ReturnType<typeof space.temporal.workflow.getHandle> {
  const id = workflowId('Kustomization', { namespace: space.name, name: 'app' });
  return space.temporal.workflow.getHandle(id);
}

/** Waits until the rows of all syncs are found: they come a moment after the syncs. */
async function untilListed(outcome: string): Promise<void> {
  const query = `SluiceNamespace="${space.name}" AND SluiceName="app" AND ${outcome}`;
  await expect
    .poll(async () => (await space.temporal.workflow.count(query)).count, { timeout: 20_000 })
    .toBeGreaterThan(0);
}

test('the history tells every sync, and is filtered by what people ask', async () => {
  const added = await sync({ 'b.yaml': configMap('b') });
  const changed = await sync({ 'b.yaml': configMap('b', { key: 'other' }) });
  const removed = await sync({ 'b.yaml': undefined });
  const broken = await sync({ 'broken.yaml': 'a: [' });
  await workflow().executeUpdate<PassReport, [Wake]>(reconcileUpdate.name, {
    args: [{ reason: 'the on-call engineer asked' }],
  });
  await untilListed(`SluiceTrigger="request" AND SluicePhase="failed"`);
  const all = await history();
  const times = all.map(({ when }) => when);
  expect(times).toEqual([...times].sort().reverse());
  const rowAt = (revision: string): Row | undefined =>
    all.findLast((row) => row.revision === revision);
  expect(rowAt(first)).toMatchObject({ trigger: 'start', outcome: 'applied' });
  expect(rowAt(added)).toMatchObject({
    trigger: 'source',
    why: `new revision ${added}`,
    changes: '1 created',
    counts: { created: 1, configured: 0, unchanged: 1, skipped: 0, deleted: 0, kept: 0 },
  });
  expect(rowAt(removed)).toMatchObject({ changes: '1 deleted', counts: { deleted: 1 } });

  const object = await history('--object', `configmap/${space.name}/b`, '--limit', '2');
  expect(object.map((row) => [row.revision, row.object])).toEqual([
    [removed, 'deleted'],
    [changed, 'configured'],
  ]);
  const hash = changed.slice(changed.lastIndexOf(':') + 1);
  const byHash = await history('--revision', hash.slice(0, 7));
  expect(new Set(byHash.map(({ revision }) => revision))).toEqual(new Set([changed]));
  const failed = await history('--revision', broken, '--since', '1h', '--trigger', 'request');
  expect(failed).toMatchObject([{ why: 'the on-call engineer asked', outcome: 'failed' }]);
});

test('the table shows why a sync ran, and how it ended', async () => {
  const { stdout } = await sluice('history', 'ks', 'app', '--outcome', 'failed');
  expect(stdout).toMatch(/WHEN +REVISION +TRIGGER +WHY +CHANGES +TOOK +OUTCOME +PAGE/);
  expect(stdout).toMatch(
    /request +the on-call engineer asked +no changes +\S+ +failed BuildFailed/,
  );
});

test('where nothing matches, it says which filters were set', async () => {
  const { code, stderr } = await sluice('history', 'ks', 'app', '--until', '1d');
  expect(code).toBe(1);
  expect(stderr).toContain('matches\n  next: leave out one of --until');
});
