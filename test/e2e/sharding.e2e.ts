import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { resolveTool, SILENT } from '../../deploy/dev/index.ts';
import { createServices, type Services } from '../../deploy/dev/services.ts';
import { workflowId, type Explanation } from '../../workflows/messages.ts';
import { conditionOf, gitRepository, kustomization, type Manifest } from '../support/cluster.ts';
import { configMap, deployment } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource({
  'app/cm.yaml': configMap('app', { a: '${a}', b: 'two' }),
  'bad/cm.yaml': 'a: [',
  'slow/deployment.yaml': deployment('slow', { pod: 'crash' }),
});
await space.untilReady('GitRepository', 'repo');

const key = 'sharding.fluxcd.io/key';
let services: Services;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-shard-'));
  const stack = {
    kubeconfig: inject('kubeconfig'),
    temporalAddress: inject('temporalAddress'),
    tools: { kustomize: await resolveTool('kustomize', SILENT) },
  };
  const gates = [
    'StrictPostBuildSubstitutions=false',
    'DisableFailFastBehavior=true',
    'CancelHealthCheckOnNewRevision=false',
    'AdditiveCELDependencyCheck=true',
    'DisableConfigWatchers=true',
  ];
  const environment = {
    SLUICE_TASK_QUEUE: space.name,
    SLUICE_WATCH_LABEL_SELECTOR: `${key}=${space.name}`,
    SLUICE_WATCH_ALL_NAMESPACES: 'false',
    RUNTIME_NAMESPACE: space.name,
    SLUICE_FEATURE_GATES: gates.join(','),
    SLUICE_INTERVAL_JITTER_PERCENTAGE: '0',
    SLUICE_REQUEUE_DEPENDENCY: '1s',
    SLUICE_RETRY_BACKOFF: 'false',
    SLUICE_HTTP_RETRY: '0',
    SLUICE_OVERRIDE_MANAGER: 'old-tool',
  };
  services = await createServices(stack, { dir, environment });
});

afterAll(async () => {
  await services.stopAll();
  await rm(dir, { recursive: true, force: true });
});

function ours(name: string, spec: object): Manifest {
  const at = { targetNamespace: space.name, namePrefix: `${name}-`, interval: '1h' };
  const manifest = kustomization(name, 'repo', { ...at, path: './app', ...spec });
  return { ...manifest, metadata: { name, labels: { [key]: space.name } } };
}

function workflow(name: string): ReturnType<typeof space.temporal.workflow.getHandle> {
  return space.temporal.workflow.getHandle(
    workflowId('Kustomization', { namespace: space.name, name }),
  );
}

async function queueOf(name: string): Promise<string> {
  return (await workflow(name).describe()).taskQueue;
}

async function explanation(
  name: string,
  wanted: (told: Explanation) => boolean,
): Promise<Explanation> {
  const told = (): Promise<Explanation | undefined> =>
    workflow(name)
      .query<Explanation>('explain')
      .catch((error: unknown) => {
        // The bridge has not begun it yet.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        return undefined;
      });
  let last: Explanation | undefined;
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    last = await told();
    if (last && wanted(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} did not get there: ${JSON.stringify(last)}`);
}

const variables = { substitute: { a: 'one' } };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('an object of another shard is left alone, and worked on by its own', async () => {
  await space.apply(ours('mine', { postBuild: variables }));
  await space.apply(kustomization('main', 'repo', { path: './app', targetNamespace: space.name }));
  await space.untilReady('Kustomization', 'main');
  await pause(2000);
  expect((await space.get('Kustomization', 'mine'))?.metadata.finalizers).toBeUndefined();
  await Promise.all([services.start('worker'), services.start('bridge')]);
  await space.untilReady('Kustomization', 'mine');
  expect([await queueOf('mine'), await queueOf('main')]).toEqual([space.name, 'sluice']);
});

test('a source of another shard wakes those who use it', async () => {
  const commit = await repository.commit({ 'app/cm.yaml': configMap('app', { a: '${a}' }) });
  await space.signal('GitRepository', 'repo');
  const revision = `main@sha1:${commit}`;
  await space.until(
    'Kustomization',
    'mine',
    ({ status }) => status.lastAppliedRevision === revision,
  );
});

test('an object that changes its shard moves to its workers', async () => {
  await space.patch('Kustomization', 'mine', { metadata: { labels: { [key]: null } } });
  for (const deadline = Date.now() + 30_000; (await queueOf('mine')) !== 'sluice';) {
    expect(Date.now()).toBeLessThan(deadline);
    await pause(200);
  }
  expect(await queueOf('main')).toBe('sluice');
});

test('the settings of intervals, retries and waits act', async () => {
  await space.apply(ours('steady', { postBuild: variables }));
  await space.apply(ours('waiting', { dependsOn: [{ name: 'not-there' }] }));
  await space.apply(ours('failing', { path: './bad', retryInterval: '1s' }));
  const idle = await explanation('steady', ({ phase }) => phase === 'idle');
  const [since, next] = [idle.since, idle.nextAt ?? ''].map((text) => Date.parse(text));
  expect((next ?? 0) - (since ?? 0)).toBe(3_600_000);
  const waiting = await explanation('waiting', ({ phase }) => phase === 'waiting');
  expect(Date.parse(waiting.nextAt ?? '') - Date.parse(waiting.since)).toBeLessThanOrEqual(1000);
  await pause(12_000);
  const failing = await explanation('failing', ({ phase }) => phase === 'failed');
  expect(failing.awaits).toContain('the retry in 1s');
});

test('the feature gates act', async () => {
  await space.apply(ours('lenient', { postBuild: { substitute: { other: 'x' } } }));
  await space.apply(ours('dependency', { suspend: true }));
  const dependsOn = [{ name: 'dependency', readyExpr: 'true' }];
  await space.apply(ours('additive', { dependsOn }));
  await space.apply(ours('slow', { path: './slow', wait: true, timeout: '10m' }));
  await space.untilReady('Kustomization', 'lenient');
  expect((await space.get('ConfigMap', 'lenient-app'))?.['data']).toEqual({ a: '' });
  const blocked = await space.untilReady('Kustomization', 'additive', 'False');
  expect(conditionOf(blocked, 'Ready')?.reason).toBe('DependencyNotReady');
  await space.until('Deployment', 'slow-slow', () => true);
  await repository.commit({ 'slow/deployment.yaml': deployment('slow', { image: 'nginx:2' }) });
  await space.signal('GitRepository', 'repo');
  await pause(8000);
  const slow = await explanation('slow', ({ phase }) => phase === 'health');
  expect(slow.phase).toBe('health');
});

test('a labelled ConfigMap wakes nobody where the gate says so', async () => {
  const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };
  const map = (a: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'vars', labels },
    data: { a },
  });
  await space.apply(map('one'));
  const postBuild = { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] };
  await space.apply(ours('config', { postBuild }));
  await space.untilReady('Kustomization', 'config');
  await space.apply(map('two'));
  await pause(3000);
  expect((await space.get('ConfigMap', 'config-app'))?.['data']).toEqual({ a: 'one' });
});

test('the fields of an overridden manager are taken over', async () => {
  await space.apply(ours('taken', { postBuild: variables }));
  await space.untilReady('Kustomization', 'taken');
  const path = `/api/v1/namespaces/${space.name}/configmaps/taken-app`;
  const contentType = 'application/merge-patch+json';
  const change = (fieldManager: string, field: string): Promise<unknown> =>
    space.cluster.request({
      method: 'PATCH',
      path,
      query: { fieldManager },
      contentType,
      body: { data: { [field]: 'by hand' } },
    });
  await change('old-tool', 'old');
  await change('friend', 'kept');
  await space.signal('Kustomization', 'taken');
  const map = await space.until('ConfigMap', 'taken-app', (row) => {
    return !Object.hasOwn(row['data'] as object, 'old');
  });
  expect(map['data']).toEqual({ a: 'one', kept: 'by hand' });
});

test('a download that fails is not tried again', async () => {
  const source = gitRepository('gone', 'http://127.0.0.1:1/gone.git', { suspend: true });
  await space.apply(source);
  const url = 'http://127.0.0.1:1/gone.tar.gz';
  const artifact = { url, path: 'gone.tar.gz', revision: 'r1', digest: `sha256:${'0'.repeat(64)}` };
  await space.cluster.request({
    method: 'PATCH',
    path: `/apis/source.toolkit.fluxcd.io/v1/namespaces/${space.name}/gitrepositories/gone/status`,
    contentType: 'application/merge-patch+json',
    body: { status: { artifact: { ...artifact, lastUpdateTime: '2026-01-01T00:00:00Z' } } },
  });
  await space.apply(ours('gone', { sourceRef: { kind: 'GitRepository', name: 'gone' } }));
  const row = await space.untilReady('Kustomization', 'gone', 'False', 20_000);
  expect(conditionOf(row, 'Ready')?.message).toContain('source is not ready');
});
