import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { temporal } from '@temporalio/proto';
import {
  approveUpdate,
  attributes,
  parkedQuery,
  reconcileUpdate,
  workflowId,
} from '../../workflows/messages.ts';
import {
  gitRepository,
  kustomization,
  testNamespace,
  type Row,
  type TestNamespace,
} from './cluster.ts';
import { configMap, deployment } from './manifests.ts';
import { playCalm, playIncludes, playLag, playRecheck, playTold } from './recorded-lags.ts';
import { testRepository, type TestRepository } from './repository.ts';
import { startSystem } from './system.ts';

/**
 * Records a history of each path of the workflows into test/replay/histories, one for each workflow, trigger and outcome. Those that are
 * there already stay as they are: what an earlier version recorded has to be replayed by every later one.
 */
const directory = join(import.meta.dirname, '../replay/histories');
const system = await startSystem(await mkdtemp(join(tmpdir(), 'sluice-record-')));
const space = await testNamespace(system.stack);
const repository = await testRepository();
try {
  await playWaits(space, repository);
  await playLag(space, repository);
  await playCalm(space, repository);
  await playTold(space, repository);
  await playRecheck(space, repository);
  await playRefusedDeletion(space);
  await playIncludes(space, repository);
  await play(space, repository);
  await mkdir(directory, { recursive: true });
  await save(space);
} finally {
  await repository.close();
  await space.close();
  await system.stop();
}

async function play(at: TestNamespace, git: TestRepository): Promise<void> {
  const push = async (files: Record<string, string | undefined>): Promise<string> => {
    const revision = `main@sha1:${await git.commit(files)}`;
    await at.signal('GitRepository', 'repo');
    return revision;
  };
  const applied = async (revision: string): Promise<unknown> =>
    at.until('Kustomization', 'app', (row) => row.status.lastAppliedRevision === revision);
  await at.apply(kustomization('app', 'repo', { targetNamespace: at.name, wait: true }));
  await at.untilReady('Kustomization', 'app', 'False');
  await git.commit({ 'a.yaml': configMap('a') });
  await at.apply(gitRepository('repo', git.url));
  await at.untilReady('Kustomization', 'app');
  await applied(await push({ 'b.yaml': configMap('b') }));
  await push({ 'broken.yaml': 'a: [' });
  await at.untilReady('Kustomization', 'app', 'False');
  await applied(await push({ 'broken.yaml': undefined, 'b.yaml': undefined }));
  const app = at.temporal.workflow.getHandle(
    workflowId('Kustomization', { namespace: at.name, name: 'app' }),
  );
  await app.executeUpdate(reconcileUpdate.name, { args: [{ reason: 'recorded' }] });
  await at.patch('Kustomization', 'app', { spec: { suspend: true } });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await at.patch('Kustomization', 'app', { spec: { suspend: false, interval: '4m' } });
  await at.untilReady('Kustomization', 'app');
  // A health wait that a new revision ends.
  await push({ 'web.yaml': deployment('web', { pod: 'unready' }) });
  await at.until('Deployment', 'web', () => true);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await applied(await push({ 'web.yaml': undefined }));
  const invalid = { dependsOn: [{ name: 'other', readyExpr: 'dep.' }] };
  await at.patch('Kustomization', 'app', { spec: invalid });
  await at.untilReady('Kustomization', 'app', 'False');
  await at.patch('Kustomization', 'app', { spec: { dependsOn: null } });
  await at.untilReady('Kustomization', 'app');
  await at.remove('Kustomization', 'app');
  await at.untilGone('Kustomization', 'app');
  await at.patch('GitRepository', 'repo', { spec: { ref: { branch: 'nowhere' } } });
  await at.untilReady('GitRepository', 'repo', 'False');
  await at.patch('GitRepository', 'repo', { spec: { suspend: true } });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await at.remove('GitRepository', 'repo');
  await at.untilGone('GitRepository', 'repo');
  // Visibility is a moment behind.
  await new Promise((resolve) => setTimeout(resolve, 3000));
}

/** What wakes a waiting run, and what it waits for beside its interval. */
async function playWaits(at: TestNamespace, git: TestRepository): Promise<void> {
  const push = async (files: Record<string, string | undefined>): Promise<void> => {
    await git.commit(files);
    await at.signal('GitRepository', 'other');
  };
  const valueOf = (row: Row): unknown => (row['data'] as Record<string, string>)['key'];
  const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };
  const variables = { apiVersion: 'v1', kind: 'ConfigMap', data: { value: 'first' } };
  await at.apply({ ...variables, metadata: { name: 'variables', labels } });
  const three = ['c', 'd', 'e'].map((name) => [`waits/${name}.yaml`, configMap(name)] as const);
  await git.commit({
    ...Object.fromEntries(three),
    'waits/f.yaml': configMap('f', { key: '${value}' }),
  });
  await at.apply(gitRepository('other', git.url));
  await at.untilReady('GitRepository', 'other');
  const substituteFrom = [{ kind: 'ConfigMap', name: 'variables' }];
  const spec = {
    path: './waits',
    targetNamespace: at.name,
    retryInterval: '1s',
    postBuild: { substituteFrom },
  };
  await at.apply(kustomization('waits', 'other', spec));
  await at.untilReady('Kustomization', 'waits');
  await at.patch('ConfigMap', 'c', { data: { key: 'by hand' } });
  await at.until('ConfigMap', 'c', (row) => valueOf(row) === 'value');
  // A revision that changes nothing is noted in the run that waits.
  await push({ 'README.md': 'nothing' });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await at.patch('ConfigMap', 'variables', { data: { value: 'second' } });
  await at.until('ConfigMap', 'f', (row) => valueOf(row) === 'second');
  await push({ 'waits/broken.yaml': 'a: [' });
  await at.untilReady('Kustomization', 'waits', 'False');
  await new Promise((resolve) => setTimeout(resolve, 8000));
  await push({ 'waits/broken.yaml': undefined });
  await at.untilReady('Kustomization', 'waits');
  await at.patch('Kustomization', 'waits', {
    metadata: { annotations: { 'sluice.dev/max-deletions': '1' } },
  });
  await push({ 'waits/c.yaml': undefined, 'waits/d.yaml': undefined });
  await at.untilReady('Kustomization', 'waits', 'False');
  const handle = at.temporal.workflow.getHandle(
    workflowId('Kustomization', { namespace: at.name, name: 'waits' }),
  );
  const parked = await handle.query(parkedQuery);
  await handle.executeUpdate(approveUpdate, { args: [{ digest: parked?.digest ?? '' }] });
  await at.untilReady('Kustomization', 'waits');
  const annotations = { 'sluice.dev/suspend-until': new Date(Date.now() + 4000).toISOString() };
  await at.patch('Kustomization', 'waits', { metadata: { annotations }, spec: { suspend: true } });
  await at.until('Kustomization', 'waits', (row) => row.spec['suspend'] !== true);
  await at.untilReady('Kustomization', 'waits');
}

/** A deletion for which the rights are missing at first. */
async function playRefusedDeletion(at: TestNamespace): Promise<void> {
  const name = 'powerless';
  await at.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  const spec = { path: './quick', targetNamespace: at.name, namePrefix: 'refused-' };
  await at.apply(kustomization('refused', 'other', { ...spec, retryInterval: '2s' }));
  await at.untilReady('Kustomization', 'refused');
  await at.patch('Kustomization', 'refused', { spec: { serviceAccountName: name } });
  await at.untilReady('Kustomization', 'refused', 'False');
  await at.remove('Kustomization', 'refused');
  await at.until('Kustomization', 'refused', ({ status }) => {
    return status.conditions?.some(({ reason }) => reason === 'PruneFailed') ?? false;
  });
  const apiGroup = 'rbac.authorization.k8s.io';
  await at.apply({
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name, namespace: at.name }],
  });
  await at.untilGone('Kustomization', 'refused');
}

async function save({ temporal, name }: TestNamespace): Promise<void> {
  const query = `SluiceNamespace="${name}"`;
  for await (const run of temporal.workflow.list({ query })) {
    const { typedSearchAttributes: found, workflowId: id, runId, type } = run;
    const history = await temporal.workflow.getHandle(id, runId).fetchHistory();
    const start = [type, found.get(attributes.trigger), found.get(attributes.phase)];
    const parts = [...start, ...tracesOf(history)];
    const file = join(directory, `${parts.join('-')}.json`);
    if (existsSync(file)) continue;
    const events = history.events?.length ?? 0;
    const json = historyToJSON(history);
    process.stdout.write(`${parts.join('-')}: ${events} events, ${json.length} bytes of JSON\n`);
    await writeFile(file, `${json}\n`);
  }
}

/** What the run came to, in the words of its file's name. */
function tracesOf(history: temporal.api.history.v1.IHistory): string[] {
  const changes: readonly (readonly [string, string])[] = [
    ['interval-look', 'compared'],
    ['recheck', differs(history) ? 'differs' : 'rechecked'],
    ['canceled-is-no-answer', 'asked'],
    ['news-before-wait', 'told'],
  ];
  const known = changes.filter(([change]) => knows(history, change)).map(([, word]) => word);
  return isShort(activitiesOf(history)) ? ['short', ...known] : known;
}

function activitiesOf({ events }: temporal.api.history.v1.IHistory): string[] {
  return (events ?? []).flatMap(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? [],
  );
}

/** True for a run that came to where workflows were changed while histories of before had to be replayed. */
function knows({ events }: temporal.api.history.v1.IHistory, change: string): boolean {
  return (events ?? []).some(({ upsertWorkflowSearchAttributesEventAttributes: upsert }) => {
    const versions = upsert?.searchAttributes?.indexedFields?.['TemporalChangeVersion'];
    return new TextDecoder().decode(versions?.data ?? undefined).includes(change);
  });
}

/** True where a comparison found a difference. */
function differs({ events }: temporal.api.history.v1.IHistory): boolean {
  return (events ?? []).some(({ markerRecordedEventAttributes: marker }) => {
    const [result] = marker?.details?.['result']?.payloads ?? [];
    return Buffer.from(result?.data ?? []).includes('"differs":');
  });
}

/** True for a pass that left out a stage that had nothing to do. */
function isShort(stages: readonly string[]): boolean {
  return stages.includes('apply') && !(stages.includes('health') && stages.includes('prune'));
}
