import { mkdtemp } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectCluster, type Cluster } from '../../activities/cluster/client.ts';
import { startStack, stopStack, type Stack } from '../../deploy/dev/index.ts';
import {
  conditionOf,
  gitRepository,
  kustomization,
  testNamespace,
  type Manifest,
  type Row,
  type TestNamespace,
} from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';
import { startSystem, type TestSystem } from '../support/system.ts';
import { specs, type Attempt } from './attempts.ts';
import { builds } from './build-attempts.ts';
import { kubeconfigs } from './kubeconfig-attempts.ts';
import { kubeconfigSecret, makeAdmin, serverOf, snapshotOf, tokenOf } from './tenants.ts';

/** Tenants a and b, each the admin of a namespace of its own, on a worker that the platform team locked down, and a second cluster. */
let system: TestSystem;
let remoteStack: Stack;
let remote: Cluster;
let a: TestNamespace;
let b: TestNamespace;
let repository: TestRepository;
let inner: Server;
/** What came in at an address that only the worker may reach. */
const requests: string[] = [];
let before: Record<string, string>;
const answers: [attempt: string, answer: string][] = [];
/** What ends the parts, in the order in which they were started. */
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-lockdown-'));
  system = await startSystem(dir, {
    SLUICE_NO_CROSS_NAMESPACE_REFS: 'true',
    SLUICE_NO_REMOTE_BASES: 'true',
    SLUICE_DEFAULT_SERVICE_ACCOUNT: 'default',
  });
  ends.push(() => system.stop());
  remoteStack = await startStack({ dir: join(dir, 'remote'), respectEnvironment: false });
  ends.push(() => stopStack(remoteStack.dir, { purge: true }));
  remote = await connectCluster(remoteStack.kubeconfig);
  [a, b] = [await testNamespace(system.stack), await testNamespace(system.stack)];
  ends.push(
    () => remote.close(),
    () => a.close(),
    () => b.close(),
  );
  for (const { name } of [a, b]) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await remote.request({ method: 'POST', path: '/api/v1/namespaces', body: namespace });
    for (const cluster of [a.cluster, remote]) await makeAdmin(cluster, name);
  }
  inner = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end('inner-secret');
  });
  await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => inner.close(resolve)));
  repository = await testRepository();
  ends.push(() => repository.close());
  await commitAll();
  await openSpaces();
  before = await snapshot();
}, 300_000);

afterAll(async () => {
  const width = Math.max(...answers.map(([attempt]) => attempt.length));
  const lines = answers.map(([attempt, answer]) => `${attempt.padEnd(width)} → ${answer}`);
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
  for (const end of ends.reverse()) await end();
});

async function openSpaces(): Promise<void> {
  const keys = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' } };
  await b.apply({ ...keys, stringData: { k: 'secret-of-b' } });
  await b.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'owner' } });
  for (const space of [a, b]) await space.apply(gitRepository('repo', repository.url));
  for (const space of [a, b]) await space.untilReady('GitRepository', 'repo');
  await b.apply(kustomization('victim', 'repo', { path: './own', targetNamespace: b.name }));
  await b.untilReady('Kustomization', 'victim');
}

async function commitAll(): Promise<void> {
  const files = Object.fromEntries(
    builds({ own: a.name, other: b.name, inner: innerUrl() }).flatMap(
      ({ title, files: texts = {} }) =>
        Object.entries(texts).map(([path, text]) => [`${slug(title)}/${path}`, text]),
    ),
  );
  await repository.commit({ ...files, 'own/cm.yaml': configMap('own'), 'target.txt': '/etc' });
  // A link to a directory of the worker, as git itself stores it.
  const blob = await repository.git('rev-parse', 'HEAD:target.txt');
  await repository.git('update-index', '--add', '--cacheinfo', `120000,${blob},link`);
  await repository.git('commit', '--quiet', '-m', 'Link');
  await repository.push();
}

const snapshot = (): Promise<Record<string, string>> =>
  snapshotOf({ home: a.cluster, remote }, b.name);
const innerUrl = (): string => `http://127.0.0.1:${(inner.address() as AddressInfo).port}`;
const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60);

/** The answer that an attempt of tenant a got: the condition of its Kustomization. */
async function answerTo({ title, spec = {}, objects = [], expected }: Attempt): Promise<void> {
  for (const object of objects) {
    await a.apply(object);
    // The status is a resource of its own.
    const { kind, metadata, status } = object;
    if (typeof status === 'object' && status !== null)
      await a.patchStatus(String(kind), metadata.name, status);
  }
  const name = slug(title);
  const usual = { path: `./${name}`, retryInterval: '1h', targetNamespace: a.name };
  const { answer, row } = await tell(kustomization(name, 'repo', { ...usual, ...spec }));
  answers.push([title, answer.slice(0, 200)]);
  expect.soft(answer, title).toMatch(expected);
  for (const secret of ['secret-of-b', 'inner-secret', 'root:x:']) {
    expect.soft(JSON.stringify(row ?? {}), title).not.toContain(secret);
  }
}

async function tell(manifest: Manifest): Promise<{ answer: string; row?: Row }> {
  try {
    await a.apply(manifest);
  } catch (error) {
    return { answer: `the API server: ${String(error)}` };
  }
  const row = await a.untilReady('Kustomization', manifest.metadata.name, 'False');
  const ready = conditionOf(row, 'Ready');
  return { answer: `${ready?.reason ?? ''}: ${ready?.message ?? ''}`, row };
}

test('what a tenant owns works, at home and on a remote cluster', async () => {
  const user = { token: await tokenOf(remote, a.name) };
  await a.apply(kubeconfigSecret('remote', await serverOf(remoteStack), user));
  const spec = { path: './own', targetNamespace: a.name };
  await a.apply(kustomization('own', 'repo', spec));
  await a.apply(
    kustomization('far', 'repo', { ...spec, kubeConfig: { secretRef: { name: 'remote' } } }),
  );
  await a.untilReady('Kustomization', 'own');
  await a.untilReady('Kustomization', 'far');
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: a.name, name: 'own' };
  expect(await remote.get(ref)).toBeDefined();
});

test('whatever a tenant writes into its repository stays in its namespace, and no request leaves for it', async () => {
  const context = { own: a.name, other: b.name, inner: innerUrl() };
  await Promise.all(builds(context).map(answerTo));
  expect(await snapshot()).toEqual(before);
  expect(requests).toEqual([]);
}, 240_000);

test('whatever a tenant writes into its Kustomizations stays in its namespace', async () => {
  await Promise.all(specs({ own: a.name, other: b.name, inner: innerUrl() }).map(answerTo));
  expect(await snapshot()).toEqual(before);
}, 240_000);

test('a kubeconfig of a tenant gives nothing of the worker away', async () => {
  const servers = { home: await serverOf(system.stack), remote: await serverOf(remoteStack) };
  const own = { token: await tokenOf(remote, a.name) };
  const attempts = kubeconfigs({ own: a.name, other: b.name, inner: innerUrl() }, servers, own).map(
    ({ cluster, user, ...attempt }): Attempt => {
      const name = slug(attempt.title);
      const objects = [kubeconfigSecret(name, cluster, user)];
      return {
        ...attempt,
        objects,
        spec: { path: './own', kubeConfig: { secretRef: { name } }, ...attempt.spec },
      };
    },
  );
  await Promise.all(attempts.map(answerTo));
  expect(await snapshot()).toEqual(before);
}, 240_000);

test('an inventory that names an object of another tenant deletes nothing of it', async () => {
  await a.apply(
    kustomization('forged', 'repo', { path: './own', targetNamespace: a.name, namePrefix: 'f-' }),
  );
  await a.untilReady('Kustomization', 'forged');
  const tenant = a.cluster.as(`system:serviceaccount:${a.name}:default`);
  const label = { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'forged' } } };
  const contentType = 'application/merge-patch+json';
  const path = `/api/v1/namespaces/${b.name}/configmaps/own`;
  await expect(tenant.request({ method: 'PATCH', path, contentType, body: label })).rejects.toThrow(
    'forbidden',
  );
  answers.push(["owner labels on b's object", 'the API server: Forbidden']);
  const entries = [
    { id: `${b.name}_own__ConfigMap`, v: 'v1' },
    { id: `${b.name}_keys__Secret`, v: 'v1' },
  ];
  await tenant.request({
    method: 'PATCH',
    path: `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${a.name}/kustomizations/forged/status`,
    contentType,
    body: { status: { inventory: { entries } } },
  });
  await a.remove('Kustomization', 'forged');
  const row = await a.until(
    'Kustomization',
    'forged',
    (one) => conditionOf(one, 'Ready')?.reason === 'PruneFailed',
  );
  answers.push([
    "b's objects in a forged inventory",
    `PruneFailed: ${conditionOf(row, 'Ready')?.message ?? ''}`.slice(0, 200),
  ]);
  expect(conditionOf(row, 'Ready')?.message).toContain('Forbidden');
  expect(await snapshot()).toEqual(before);
});
