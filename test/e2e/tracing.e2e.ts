import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { resolveTool, SILENT } from '../../deploy/dev/index.ts';
import { createServices, type Services } from '../../deploy/dev/services.ts';
import { gitRepository, kustomization, type Manifest } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openOtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { openSpace } from '../support/space.ts';

const { space, repository } = await openSpace();
const key = 'sharding.fluxcd.io/key';
const receiver = await openOtlpReceiver();
let services: Services;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-traces-'));
  const stack = {
    kubeconfig: inject('kubeconfig'),
    temporalAddress: inject('temporalAddress'),
    tools: { kustomize: await resolveTool('kustomize', SILENT) },
  };
  const environment = {
    SLUICE_TASK_QUEUE: space.name,
    SLUICE_WATCH_LABEL_SELECTOR: `${key}=${space.name}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_SCHEDULE_DELAY: '200',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  };
  services = await createServices(stack, { dir, environment });
  await Promise.all([services.start('worker'), services.start('bridge')]);
  await repository.commit({
    'app/cm.yaml': configMap('app', { key: '${value}' }),
    'app/gone.yaml': configMap('gone'),
  });
  await space.apply(ours(gitRepository('repo', repository.url)));
  await space.untilReady('GitRepository', 'repo');
});

afterAll(async () => {
  await services.stopAll();
  receiver.close();
  await rm(dir, { recursive: true, force: true });
});

function ours({ metadata, ...rest }: Manifest): Manifest {
  return { ...rest, metadata: { ...metadata, labels: { [key]: space.name } } };
}

/** The spans of the trace that the pass over a revision belongs to, when all have come. */
async function traceOf(outcome: string, revision: string): Promise<readonly ReceivedSpan[]> {
  const pass = (): ReceivedSpan | undefined =>
    receiver.spans.find(
      ({ name, attributes }) =>
        name === 'sync kustomization' &&
        attributes['sluice.outcome'] === outcome &&
        attributes['sluice.revision'] === revision,
    );
  await expect.poll(pass, { timeout: 60_000 }).toBeDefined();
  const traceId = pass()?.traceId;
  const trace = (): ReceivedSpan[] => receiver.spans.filter((span) => span.traceId === traceId);
  await expect
    .poll(() => trace().map(({ name }) => name), { timeout: 30_000 })
    .toEqual(expect.arrayContaining(['conclude', 'sync gitrepository']));
  return trace();
}

const stages = ['fetch', 'render', 'apply', 'health', 'prune'];
const secret = 'canary-5d1e';

test('a push is one trace, from the request to the source to the five stages, over every run between', async () => {
  const data = Buffer.from(secret).toString('base64');
  await space.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'v' },
    data: { value: data },
  });
  const postBuild = { substituteFrom: [{ kind: 'Secret', name: 'v' }] };
  const spec = { path: './app', targetNamespace: space.name, postBuild, wait: true };
  await space.apply(ours(kustomization('app', 'repo', spec)));
  await space.untilReady('Kustomization', 'app');
  const commit = await repository.commit({
    'app/more.yaml': configMap('more'),
    'app/gone.yaml': undefined,
  });
  const requestedAt = new Date().toISOString();
  const annotations = { 'reconcile.fluxcd.io/requestedAt': requestedAt };
  await space.patch('GitRepository', 'repo', { metadata: { annotations } });
  const trace = await traceOf('applied', `main@sha1:${commit}`);
  const one = (name: string): ReceivedSpan | undefined => trace.find((span) => span.name === name);
  const [signal, pass] = [one('signal kustomization'), one('sync kustomization')];
  const source = ['signal gitrepository', 'sync gitrepository', 'fetchSource'].map(one);
  const [request, look, fetch] = source;
  expect(request).toMatchObject({ service: 'sluice-bridge', parent: '' });
  expect(look).toMatchObject({ service: 'sluice-worker', parent: request?.spanId });
  expect(fetch).toMatchObject({ service: 'sluice-worker', parent: look?.spanId });
  expect(signal).toMatchObject({ service: 'sluice-bridge', parent: fetch?.spanId });
  expect(signal?.attributes).toMatchObject({ 'sluice.trigger': 'source', 'sluice.name': 'app' });
  expect(pass).toMatchObject({ service: 'sluice-worker', parent: signal?.spanId, failed: false });
  expect(pass?.attributes).toMatchObject({
    'sluice.namespace': space.name,
    'sluice.trigger': 'source',
    'sluice.reason': 'ReconciliationSucceeded',
  });
  for (const stage of stages) expect(one(stage)).toMatchObject({ parent: pass?.spanId });
  const { runId } = await space.temporal.workflow
    .getHandle(`kustomization/${space.name}/app`)
    .describe();
  expect(pass?.attributes['temporalRunID']).toBe(runId);
});

test('a failure is an error of its stage and of its pass, and no value of a Secret is in any span', async () => {
  const commit = await repository.commit({ 'app/broken.yaml': 'a: [' });
  await space.signal('GitRepository', 'repo');
  const trace = await traceOf('failed', `main@sha1:${commit}`);
  const render = trace.find(({ name }) => name === 'render');
  expect(render).toMatchObject({ failed: true });
  expect(render?.attributes['error.type']).toBe('BuildFailed');
  expect(trace.find(({ name }) => name === 'sync kustomization')).toMatchObject({ failed: true });
  expect(receiver.text()).not.toContain(secret);
  expect(receiver.text()).not.toContain('apiVersion');
});

test('a pass that a timer brings about is a trace of its own, which tells its trigger', async () => {
  const find = (): ReceivedSpan | undefined =>
    receiver.spans.find(({ attributes }) => attributes['sluice.trigger'] === 'retry');
  await space.patch('Kustomization', 'app', { spec: { retryInterval: '1s' } });
  await expect.poll(find, { timeout: 60_000 }).toBeDefined();
  const pass = find();
  expect(pass).toMatchObject({ name: 'sync kustomization', parent: '' });
  const below = receiver.spans.filter(({ parent }) => parent === pass?.spanId);
  expect(below.map(({ name }) => name)).toEqual(expect.arrayContaining(['fetch', 'conclude']));
  expect(below.every(({ traceId }) => traceId === pass?.traceId)).toBe(true);
});
