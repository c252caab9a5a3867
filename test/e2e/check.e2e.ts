import { expect, inject, test } from 'vitest';
import { connectCluster } from '../../activities/cluster/client.ts';
import { kustomization } from '../support/cluster.ts';
import { commandLine, type Output } from '../support/command-line.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space } = await openSource({ 'a.yaml': configMap('a') });
await space.apply(kustomization('app', 'repo', { targetNamespace: space.name }));
await space.untilReady('Kustomization', 'app');

const sluice = commandLine(space.name);

test('a whole installation passes, and tells what it runs on', async () => {
  // Other tests come and go beside this one; the workflow of an object that just came is started in a moment.
  let out: Output | undefined;
  await expect
    .poll(async () => (out = await sluice('check')).stdout, { timeout: 60_000 })
    .toMatch(/✔ workflows: each of \d+ objects has its own/);
  expect(out?.stdout).toMatch(/✔ Kubernetes: v1\.37/);
  expect(out?.stdout).toContain('✔ CRD kustomizations.kustomize.toolkit.fluxcd.io: v1 is served\n');
  expect(out?.stdout).toMatch(/✔ Temporal: 1\.\d+/);
  expect(out?.stdout).toContain('✔ search attributes: 9 registered');
  expect(out?.stdout).toMatch(/✔ workers of sluice: \d+ polls?/);
  expect(out?.code).toBe(0);
});

test('before an installation it tells whether one may be made', async () => {
  const { stdout, code } = await sluice('check', '--pre');
  expect(stdout).toContain('✔ rights to install: all that the chart creates');
  expect(stdout).not.toContain('workers');
  expect(code).toBe(0);
});

test('a task queue without workers is a fault, and so is a namespace that is not there', async () => {
  const queue = await sluice('check', '--task-queue', 'nobody', '-o', 'json');
  expect(JSON.parse(queue.stdout)).toContainEqual(
    expect.objectContaining({ title: 'workers of nobody', state: 'fault' }),
  );
  expect(queue.code).toBe(1);
  const { stdout, code } = await sluice('check', '--temporal-namespace', 'not-there');
  expect(stdout).toMatch(
    /✗ Temporal namespace not-there: .*\n {2}next: temporal operator namespace create/,
  );
  expect(code).toBe(1);
});

test('what can not be reached is told with the step that mends it', async () => {
  const { stdout, code } = await sluice(
    'check',
    '--temporal-address',
    '127.0.0.1:1',
    '--kubeconfig',
    '/does/not/exist',
  );
  expect(stdout).toMatch(/✗ Kubernetes: .*\/does\/not\/exist/);
  expect(stdout).toMatch(/✗ Temporal: .*\n {2}next: set TEMPORAL_ADDRESS/);
  expect(code).toBe(1);
});

test('CRDs of an older version are told by the fields that they lack', async () => {
  const cluster = await connectCluster(inject('kubeconfig'));
  const { checkCrds } = await import('../../client/check/crds.ts');
  const older = {
    ...cluster,
    async get(ref: Parameters<typeof cluster.get>[0]) {
      const found = await cluster.get(ref);
      const text = JSON.stringify(found).replaceAll('"postBuild":', '"past":');
      return JSON.parse(text) as typeof found;
    },
  };
  const findings = await checkCrds(older);
  expect(findings).toContainEqual(
    expect.objectContaining({
      title: 'CRD kustomizations.kustomize.toolkit.fluxcd.io',
      state: 'warning',
      text: 'lacks spec.postBuild: the API server drops them',
    }),
  );
  await cluster.close();
});
