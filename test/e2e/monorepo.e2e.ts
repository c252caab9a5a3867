import { expect, inject, test, vi } from 'vitest';
import { workflowId } from '../../workflows/messages.ts';
import { conditionOf, gitRepository, kustomization, type Row } from '../support/cluster.ts';
import {
  definitionFiles,
  firstVersion,
  gaugeFiles,
  members,
  monorepo,
  secondVersion,
  type Member,
} from '../support/monorepo.ts';
import { addressIn, grantConfigMaps, tokenKubeconfig, tokenOf } from '../support/remote.ts';
import { ageKeys } from '../support/sops.ts';
import { openSpace } from '../support/space.ts';

// A chain of four parts is waited for, one after the other.
vi.setConfig({ testTimeout: 300_000 });

const { space, repository } = await openSpace();
const names = {
  home: space.name,
  apps: `${space.name}-apps`,
  group: `${space.name}.example.com`,
};
const all = Object.keys(members) as Member[];

async function pushed(files: Record<string, string>): Promise<string> {
  const revision = `main@sha1:${await repository.commit(files)}`;
  await space.signal('GitRepository', 'repo');
  return revision;
}

function untilApplied(name: string, revision: string): Promise<Row> {
  return space.until(
    'Kustomization',
    name,
    (row) =>
      row.status.lastAppliedRevision === revision && conditionOf(row, 'Ready')?.status === 'True',
    120_000,
  );
}

/** The run of a Kustomization, and since when it is ready. */
async function standingOf(name: string): Promise<{ run: string; readySince: unknown }> {
  const id = workflowId('Kustomization', { namespace: space.name, name });
  const { runId } = await space.temporal.workflow.getHandle(id).describe();
  const row = await space.until('Kustomization', name, () => true);
  const ready: Record<string, unknown> = { ...conditionOf(row, 'Ready') };
  return { run: runId, readySince: ready['lastTransitionTime'] };
}

const standings = async (of: readonly string[]): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    await Promise.all(of.map(async (name) => [name, await standingOf(name)] as const)),
  );

const inApps = (apiVersion: string, kind: string, name: string): ReturnType<typeof space.get> =>
  space.cluster.get({ apiVersion, kind, namespace: names.apps, name });

test('a monorepo gets ready from nothing, part after part', async () => {
  const revision = `main@sha1:${await repository.commit(await monorepo(names))}`;
  const put = (name: string, stringData: Record<string, string>): Promise<unknown> =>
    space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
  await put('sops-age', { 'identity.agekey': ageKeys.identity });
  await grantConfigMaps(space, 'edge');
  const address = await addressIn(inject('kubeconfig'));
  await put('edge-kubeconfig', { value: tokenKubeconfig(address, await tokenOf(space, 'edge')) });
  await space.apply(gitRepository('repo', repository.url));
  const root = { path: './clusters/production', wait: true, retryInterval: '5s' };
  await space.apply(kustomization('cluster', 'repo', root));
  for (const name of [...all, 'cluster']) await untilApplied(name, revision);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const token = { token: base64('shop-token') };
  expect(await inApps('v1', 'Secret', 'token')).toMatchObject({ data: token });
  const account = { address: base64('ledger://pass-word') };
  expect(await inApps('v1', 'Secret', 'account')).toMatchObject({ data: account });
  expect(await inApps('apps/v1', 'Deployment', 'shop')).toMatchObject({
    spec: { replicas: 3 },
    status: { readyReplicas: 3 },
  });
  expect(await inApps('v1', 'ConfigMap', 'ledger-settings')).toMatchObject({
    data: { region: 'north' },
  });
  expect(await inApps(`${names.group}/v1`, 'Gauge', 'load')).toMatchObject({
    spec: { max: '10', region: 'north' },
  });
  expect(await space.get('ConfigMap', 'edge-cache')).toMatchObject({
    data: { region: 'north', size: 'small' },
  });
});

test('a commit brings a version of a CRD and its first use, and no run to those that it does not touch', async () => {
  const untouched = ['cluster', 'controllers', 'configs', 'ledger', 'edge'];
  const [before, touched] = [await standings(untouched), await standingOf('shop')];
  const revision = await pushed({
    ...definitionFiles(names, [firstVersion, secondVersion]),
    ...gaugeFiles(names, 'v2', { max: '20', unit: 'bar' }),
  });
  for (const name of [...all, 'cluster']) await untilApplied(name, revision);
  expect(await inApps(`${names.group}/v2`, 'Gauge', 'load')).toMatchObject({
    spec: { max: '20', unit: 'bar', region: 'north' },
  });
  expect(await standings(untouched)).toEqual(before);
  expect((await standingOf('shop')).run).not.toBe(touched.run);
});

test('a commit to one application leaves all others in their runs', async () => {
  const untouched = ['cluster', 'definitions', 'controllers', 'configs', 'shop', 'edge'];
  const before = await standings(untouched);
  const text = (await repository.git('show', 'HEAD:apps/base/ledger/settings.yaml')).replace(
    '${region}',
    'all of ${region}',
  );
  const revision = await pushed({ 'apps/base/ledger/settings.yaml': text });
  for (const name of [...all, 'cluster']) await untilApplied(name, revision);
  expect(await inApps('v1', 'ConfigMap', 'ledger-settings')).toMatchObject({
    data: { region: 'all of north' },
  });
  expect(await standings(untouched)).toEqual(before);
});

test('without its root nothing of it is left, here and on the remote cluster', async () => {
  await space.remove('Kustomization', 'cluster');
  for (const name of ['cluster', ...all]) await space.untilGone('Kustomization', name);
  await space.untilGone('ConfigMap', 'edge-cache');
  await space.untilGone('ConfigMap', 'cluster-variables');
  await space.untilGone('Secret', 'cluster-secrets');
  const gone = (apiVersion: string, kind: string, name: string): Promise<unknown> =>
    expect
      .poll(() => space.cluster.get({ apiVersion, kind, name }), { timeout: 60_000 })
      .toBe(undefined);
  await gone('v1', 'Namespace', names.apps);
  await gone('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `gauges.${names.group}`);
});
