import { expect, test } from 'vitest';
import type { Parked } from '../../activities/contract.ts';
import {
  approveUpdate,
  explainQuery,
  parkedQuery,
  workflowId,
  type Approval,
  type PassReport,
} from '../../workflows/messages.ts';
import { conditionOf, kustomization, type Row } from '../support/cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource();
await space.untilReady('GitRepository', 'repo');

const annotation = (value: string | null): object => ({
  annotations: { 'sluice.dev/max-deletions': value },
});

/** Commits the ConfigMaps of a Kustomization and tells its source. */
async function commit(name: string, maps: string[]): Promise<string> {
  const text = maps.length > 0 ? maps.map((map) => configMap(map)).join('---\n') : '# empty\n';
  const revision = await repository.commit({ [`${name}/a.yaml`]: text });
  await space.signal('GitRepository', 'repo');
  return `main@sha1:${revision}`;
}

/** A Kustomization with a budget and some ConfigMaps that are applied. */
async function deploy(name: string, budget: string, maps: string[]): Promise<void> {
  const revision = await commit(name, maps);
  const object = kustomization(name, 'repo', { path: name, targetNamespace: space.name });
  await space.apply({ ...object, metadata: { name, ...annotation(budget) } });
  await space.until('Kustomization', name, (row) => row.status.lastAppliedRevision === revision);
}

function untilReason(name: string, reason: string, revision?: string): Promise<Row> {
  return space.until('Kustomization', name, (row) => {
    const attempted = revision === undefined || row.status.lastAttemptedRevision === revision;
    return attempted && conditionOf(row, 'Ready')?.reason === reason;
  });
}

function workflow(name: string): ReturnType<typeof space.temporal.workflow.getHandle> {
  const id = workflowId('Kustomization', { namespace: space.name, name });
  return space.temporal.workflow.getHandle(id);
}

/** What is parked, once the run that parked it answers. */
async function parked(name: string): Promise<Parked> {
  await expect.poll(() => workflow(name).query(parkedQuery)).toBeDefined();
  const found = await workflow(name).query(parkedQuery);
  if (!found) throw new Error('nothing is parked');
  return found;
}

function approve(name: string, digest: string): Promise<PassReport> {
  return workflow(name).executeUpdate<PassReport, [Approval]>(approveUpdate.name, {
    args: [{ digest }],
  });
}

async function present(...names: string[]): Promise<boolean[]> {
  return Promise.all(names.map(async (name) => (await space.get('ConfigMap', name)) !== undefined));
}

test('a sync over the budget applies the rest, parks the deletions and makes them when they are approved', async () => {
  const sluice = commandLine(space.name);
  await deploy('app', '1', ['app-a', 'app-b', 'app-c']);
  const revision = await commit('app', ['app-a', 'app-new']);
  const row = await untilReason('app', 'DeletionBudgetExceeded', revision);
  expect(await present('app-a', 'app-b', 'app-c', 'app-new')).toEqual([true, true, true, true]);
  expect(row.status.inventory?.entries.map(({ id }) => id).sort()).toEqual(
    ['app-a', 'app-b', 'app-c', 'app-new'].map((name) => `${space.name}_${name}__ConfigMap`),
  );
  expect(conditionOf(row, 'Ready')).toMatchObject({
    status: 'False',
    message: `2 deletions are over the budget of 1 and wait for approval (sluice approve ks app -n ${space.name}): ConfigMap/${space.name}/app-b, ConfigMap/${space.name}/app-c`,
  });
  expect(conditionOf(row, 'Stalled')?.status).toBe('True');
  expect(row.status.observedGeneration).toBe(row.metadata.generation);

  await space.untilEvent('app', 'DeletionBudgetExceeded');
  await space.signal('Kustomization', 'app');
  await space.until('Kustomization', 'app', ({ status }) =>
    (status.history ?? []).some(
      ({ lastReconciledStatus, totalReconciliations }) =>
        lastReconciledStatus === 'DeletionBudgetExceeded' && totalReconciliations > 1,
    ),
  );
  const told = (await space.events('app')).filter(
    ({ type, reason }) => type === 'Warning' && reason === 'DeletionBudgetExceeded',
  );
  expect(told).toHaveLength(1);

  await expect.poll(async () => (await workflow('app').query(explainQuery)).phase).toBe('parked');
  const explained = await workflow('app').query(explainQuery);
  expect(explained.unblock).toContain(`sluice approve ks app -n ${space.name}`);

  const shown = await sluice('approve', 'ks', 'app');
  const { digest } = await parked('app');
  expect(shown.code).toBe(1);
  expect(shown.stdout).toContain(`  ConfigMap/${space.name}/app-b\n`);
  expect(shown.stderr).toContain(`--digest ${digest} --yes`);
  expect(await present('app-b', 'app-c')).toEqual([true, true]);

  const approved = await sluice('approve', 'ks', 'app', '--digest', digest, '--yes');
  expect(approved.stdout).toContain(`✔ Applied revision: ${revision}`);
  expect(approved.code).toBe(0);
  expect(await present('app-a', 'app-b', 'app-c', 'app-new')).toEqual([true, false, false, true]);
  await space.untilReady('Kustomization', 'app');
  const nothing = await sluice('approve', 'ks', 'app', '--yes');
  expect(nothing.stderr).toContain(`no deletion of Kustomization/${space.name}/app waits`);
});

test('a set that has changed needs another approval', async () => {
  await deploy('moving', '0', ['moving-a', 'moving-b', 'moving-c']);
  const first = await commit('moving', ['moving-a', 'moving-b']);
  await untilReason('moving', 'DeletionBudgetExceeded', first);
  const { digest } = await parked('moving');
  const second = await commit('moving', ['moving-a']);
  await untilReason('moving', 'DeletionBudgetExceeded', second);
  await expect.poll(async () => (await parked('moving')).count).toBe(2);
  await expect(approve('moving', digest)).rejects.toMatchObject({
    cause: { message: expect.stringContaining('look at them again') as string },
  });
  expect(await present('moving-b', 'moving-c')).toEqual([true, true]);
  expect(await approve('moving', (await parked('moving')).digest)).toMatchObject({ ready: true });
  expect(await present('moving-b', 'moving-c')).toEqual([false, false]);
});

test('an approval waits through a failing revision for the next prune', async () => {
  await deploy('later', '0%', ['later-a', 'later-b']);
  await untilReason('later', 'DeletionBudgetExceeded', await commit('later', ['later-a']));
  const { digest } = await parked('later');
  await repository.commit({ 'later/broken.yaml': 'a: [' });
  await space.signal('GitRepository', 'repo');
  await untilReason('later', 'BuildFailed');
  expect(await approve('later', digest)).toMatchObject({ ready: false, reason: 'BuildFailed' });
  expect(await present('later-b')).toEqual([true]);
  await repository.commit({ 'later/broken.yaml': undefined });
  await space.signal('GitRepository', 'repo');
  await space.untilReady('Kustomization', 'later');
  expect(await present('later-a', 'later-b')).toEqual([true, false]);
});

test('what a guard keeps costs nothing of the budget', async () => {
  await deploy('guarded', '1', ['guarded-a', 'guarded-b']);
  const kept = { annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } };
  await space.patch('ConfigMap', 'guarded-a', { metadata: kept });
  const revision = await commit('guarded', []);
  await space.until(
    'Kustomization',
    'guarded',
    (row) => row.status.lastAppliedRevision === revision,
  );
  expect(await present('guarded-a', 'guarded-b')).toEqual([true, false]);
});

test('a higher budget lets parked deletions go on, a malformed one is refused by name', async () => {
  await deploy('share', '40%', ['share-a', 'share-b']);
  const revision = await commit('share', ['share-a']);
  const row = await untilReason('share', 'DeletionBudgetExceeded', revision);
  expect(conditionOf(row, 'Ready')?.message).toContain('over the budget of 40% (0 of 2)');
  await space.patch('Kustomization', 'share', { metadata: annotation('half') });
  const refused = await untilReason('share', 'InvalidAnnotation');
  expect(conditionOf(refused, 'Stalled')?.message).toContain(
    'annotation sluice.dev/max-deletions: "half"',
  );
  expect(await present('share-b')).toEqual([true]);
  await space.patch('Kustomization', 'share', { metadata: annotation('50%') });
  await space.untilReady('Kustomization', 'share');
  expect(await present('share-b')).toEqual([false]);
});

test('the deletion of the Kustomization itself needs no approval', async () => {
  await deploy('whole', '0', ['whole-a']);
  await space.remove('Kustomization', 'whole');
  await space.untilGone('Kustomization', 'whole');
  expect(await present('whole-a')).toEqual([false]);
});
