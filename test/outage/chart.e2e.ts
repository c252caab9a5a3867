import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { promote } from '../../client/promote.ts';
import { startStack, stopStack, type Stack } from '../../deploy/dev/index.ts';
import { workflowId } from '../../workflows/messages.ts';
import {
  conditionOf,
  gitRepository,
  kustomization,
  testNamespace,
  type TestNamespace,
} from '../support/cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { openDeployed, type Deployed } from '../support/deployed.ts';
import { chartDirectory, openHelm, type Helm } from '../support/helm.ts';
import { configMap, deployment } from '../support/manifests.ts';
import { podNamed } from '../support/pods.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';
import { componentRights, giveRole, may, roleRights } from './chart-rights.ts';
import { makeAdmin } from './tenants.ts';

/** An empty cluster on which the chart is installed, upgraded, rolled back and uninstalled; its pods run as processes with its rights. */
const namespace = 'gitops';
let dir: string;
let stack: Stack;
let helm: Helm;
let space: TestNamespace;
let repository: TestRepository;
let pods: Deployed;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-chart-'));
  stack = await startStack({ dir: join(dir, 'stack'), respectEnvironment: false });
  helm = await openHelm(stack.kubeconfig);
  space = await testNamespace(stack);
  repository = await testRepository();
  await repository.commit({
    'app/cm.yaml': configMap('app'),
    'app/web.yaml': deployment('web'),
  });
  pods = openDeployed({ stack, cluster: space.cluster, namespace, dir });
});

afterAll(async () => {
  await pods.stop();
  await repository.close();
  await space.close();
  await helm.close();
  await stopStack(stack.dir, { purge: true });
  await rm(dir, { recursive: true, force: true });
});

interface Values {
  readonly temporal?: object;
  readonly [name: string]: unknown;
}

/** Runs helm on the release, waits as users do, and gives the Jobs that it ran. */
async function release(verb: 'install' | 'upgrade', values: Values): Promise<KubeObject[]> {
  const temporal = { address: stack.temporalAddress };
  const file = await helm.valuesFile({ ...values, temporal: { ...temporal, ...values.temporal } });
  await succeed(verb, 'sluice', chartDirectory, '--create-namespace', '-f', file, ...wait);
  const { stdout } = await helm.run('get', 'hooks', 'sluice', '-n', namespace);
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject);
}

const wait = ['--wait', '--timeout', '3m'];

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await helm.run(...args, '-n', namespace);
  if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const live = (apiVersion: string, kind: string, name: string): Promise<KubeObject | undefined> =>
  space.cluster.get({ apiVersion, kind, namespace, name });

async function untilKey(name: string, holds: (key: string) => boolean): Promise<void> {
  await space.until('ConfigMap', name, ({ data }) => holds((data as { key: string }).key));
}

test('the chart installs, and its Job registers the search attributes', async () => {
  const hooks = await release('install', {});
  space.cluster.discovery.forget();
  expect(await live('apps/v1', 'Deployment', 'sluice-worker')).toMatchObject({
    status: { readyReplicas: 2 },
  });
  expect(await pods.complete(podNamed(hooks, 'sluice-search-attributes'))).toContain(
    'search attributes in default',
  );
  expect(await succeed('test', 'sluice')).toContain('Phase:          Succeeded');
});

test('with the rights of the chart a commit is applied, told by events, and a drift corrected', async () => {
  await Promise.all([pods.start('sluice-worker'), pods.start('sluice-bridge')]);
  await space.apply(gitRepository('repo', repository.url));
  const spec = { path: './app', targetNamespace: space.name, wait: true };
  await space.apply(kustomization('app', 'repo', spec));
  await space.untilReady('Kustomization', 'app');
  await space.untilEvent('app', 'ReconciliationSucceeded');
  await space.untilEvent('repo', 'NewArtifact');
  await space.patch('ConfigMap', 'app', { data: { key: 'by hand' } });
  await untilKey('app', (key) => key === 'value');
  expect(await pods.log('sluice-bridge')).not.toContain('orbidden');
  expect(await pods.log('sluice-worker')).not.toContain('orbidden');
});

test('an upgrade in the middle of a sync loses nothing', async () => {
  const handle = space.temporal.workflow.getHandle(
    workflowId('Kustomization', { namespace: space.name, name: 'app' }),
  );
  const commit = await repository.commit({
    'app/web.yaml': deployment('web', { image: 'nginx:2', pod: 'unready' }),
  });
  await space.signal('GitRepository', 'repo');
  await expect
    .poll(async () => (await handle.query<{ phase: string }>('explain')).phase, {
      timeout: 60_000,
    })
    .toBe('health');
  await release('upgrade', { logLevel: 'debug' });
  await pods.stop();
  await Promise.all([pods.start('sluice-worker'), pods.start('sluice-bridge')]);
  await repository.commit({ 'app/web.yaml': deployment('web', { image: 'nginx:3' }) });
  await space.signal('GitRepository', 'repo');
  const row = await space.until('Kustomization', 'app', (found) => {
    const revision = found.status.lastAppliedRevision ?? '';
    return (
      revision !== '' &&
      !revision.includes(commit) &&
      conditionOf(found, 'Ready')?.status === 'True'
    );
  });
  expect(row.status.lastAppliedRevision).toMatch(/^main@sha1:/);
  expect(await pods.log('sluice-bridge')).toContain('"level":"debug"');
});

test('workers become versions of a deployment, and the next version takes the workflows over', async () => {
  const versioned = (buildId: string): Promise<KubeObject[]> =>
    release('upgrade', { temporal: { versioning: { deploymentName: 'sluice', buildId } } });
  for (const buildId of ['1', '2']) {
    const hooks = await versioned(buildId);
    await pods.stop('sluice-worker');
    await pods.start('sluice-worker');
    expect(await pods.complete(podNamed(hooks, 'sluice-promote'))).toContain(
      `version ${buildId} of sluice is the current one`,
    );
    await repository.commit({ 'app/cm.yaml': configMap('app', { key: `version ${buildId}` }) });
    await space.signal('GitRepository', 'repo');
    await untilKey('app', (key) => key === `version ${buildId}`);
    const { raw } = await space.temporal.workflow
      .getHandle(workflowId('Kustomization', { namespace: space.name, name: 'app' }))
      .describe();
    expect(raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion).toMatchObject({
      buildId,
      deploymentName: 'sluice',
    });
  }
  // Workers without a version get no work for as long as Temporal knows a current one.
  await promote(
    space.temporal,
    'default',
    { deploymentName: 'sluice', buildId: '' },
    { timeoutMs: 10_000 },
  );
});

test('under lockdown a tenant has the rights of its account and no others', async () => {
  await pods.stop();
  await release('upgrade', { lockdown: true });
  await Promise.all([pods.start('sluice-worker'), pods.start('sluice-bridge')]);
  await space.apply(gitRepository('repo', repository.url));
  await space.untilReady('GitRepository', 'repo');
  const spec = { path: './app', targetNamespace: space.name, retryInterval: '2s' };
  await space.apply(kustomization('tenant', 'repo', { ...spec, namePrefix: 'tenant-' }));
  const refused = await space.untilReady('Kustomization', 'tenant', 'False');
  expect(conditionOf(refused, 'Ready')?.message).toContain(
    `User "system:serviceaccount:${space.name}:default" cannot`,
  );
  await makeAdmin(space.cluster, space.name);
  await space.untilReady('Kustomization', 'tenant');
  await space.patch('ConfigMap', 'tenant-app', { data: { key: 'by hand' } });
  await untilKey('tenant-app', (key) => key !== 'by hand');
});

test.each(componentRights)(
  'under lockdown the %s may %s %s: %s',
  async (component, verb, resource, allowed) => {
    const user = `system:serviceaccount:${namespace}:sluice-${component}`;
    expect(await may(space.cluster, { user, verb, resource })).toBe(allowed);
  },
);

test.each(roleRights)(
  'whoever has the role %s in a namespace may %s %s there: %s',
  async (role, verb, resource, allowed) => {
    const wish = { user: await giveRole(space.cluster, role, space.name), verb, resource };
    await expect
      .poll(() => may(space.cluster, { ...wish, namespace: space.name }), { timeout: 20_000 })
      .toBe(allowed);
    expect(await may(space.cluster, { ...wish, namespace: 'kube-system' })).toBe(false);
  },
);

test('a rollback goes back to what was before', async () => {
  await succeed('rollback', 'sluice', '1', ...wait);
  const worker = await live('apps/v1', 'Deployment', 'sluice-worker');
  expect(JSON.stringify(worker)).not.toContain('--no-remote-bases');
  const admin = `sluice-${namespace}-worker-admin`;
  const rbac = 'rbac.authorization.k8s.io/v1';
  expect(await live(rbac, 'ClusterRoleBinding', admin)).toBeDefined();
});

test('uninstalling leaves the CRDs, the objects and what they applied', async () => {
  await pods.stop();
  await succeed('uninstall', 'sluice', ...wait);
  expect(await live('apps/v1', 'Deployment', 'sluice-worker')).toBeUndefined();
  expect(await space.get('Kustomization', 'app')).toBeDefined();
  expect(await space.get('ConfigMap', 'app')).toBeDefined();
});

test('sluice uninstall removes workflows, finalizers and CRDs, and nothing that was applied', async () => {
  const sluice = commandLine(space.name, {
    KUBECONFIG: stack.kubeconfig,
    TEMPORAL_ADDRESS: stack.temporalAddress,
  });
  const dry = await sluice('uninstall', '--dry-run');
  expect(dry.stdout).toMatch(/\d objects go with their CRDs; what they applied stays as it is\n$/);
  const refused = await sluice('uninstall');
  expect(refused.stderr).toContain('next: add --yes');
  const { stdout, code } = await sluice('uninstall', '--yes');
  expect(stdout).toMatch(/\d workflows ended\n\d finalizers removed\n/);
  expect(stdout).toContain('customresourcedefinition/kustomizations.kustomize.toolkit.fluxcd.io');
  expect(code).toBe(0);
  space.cluster.discovery.forget();
  await space.untilGone('Kustomization', 'app');
  expect(await space.get('ConfigMap', 'app')).toBeDefined();
  const query = 'ExecutionStatus="Running"';
  await expect
    .poll(async () => (await space.temporal.workflow.count(query)).count, { timeout: 20_000 })
    .toBe(0);
  expect((await sluice('uninstall', '--yes')).stdout).toContain('0 workflows ended');
});
