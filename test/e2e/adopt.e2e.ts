import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { entryOf } from '../../activities/cluster/inventory.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { withOwner } from '../../activities/cluster/owner.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';
import { kustomization, type Row } from '../support/cluster.ts';
import { configMap, deployment } from '../support/manifests.ts';
import { commandLine, type Output } from '../support/command-line.ts';
import { openSource } from '../support/space.ts';

const manifests = [configMap('a'), configMap('b')];
const { space, revision } = await openSource({ 'web/all.yaml': manifests.join('---\n') });
await space.untilReady('GitRepository', 'repo');
const key = { namespace: space.name, name: 'web' };
const objects = manifests.map((text) => {
  const parsed = parse(text) as KubeObject;
  const metadata = { ...parsed.metadata, namespace: space.name };
  return withOwner({ ...parsed, metadata }, key);
});
const controllers = ['kustomize-controller', 'source-controller'];
await asFluxLeftIt();

/** A Kustomization as Flux's controllers leave it behind, and their Deployments. */
async function asFluxLeftIt(): Promise<void> {
  const report = { 'sluice.dev/mode': 'report' };
  const made = kustomization('web', 'repo', { path: './web', targetNamespace: space.name });
  const finalizers = ['finalizers.fluxcd.io'];
  const object = await space.apply({
    ...made,
    metadata: { name: 'web', annotations: report, finalizers },
  });
  for (const one of objects) await serverSideApply(space.cluster, one);
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'ReconciliationSucceeded',
    message: `Applied revision: ${revision}`,
    observedGeneration: 1,
    lastTransitionTime: new Date().toISOString(),
  };
  await space.cluster.request({
    method: 'PATCH',
    path: `${await space.cluster.path({ ...key, apiVersion: object.apiVersion, kind: object.kind })}/status`,
    contentType: 'application/merge-patch+json',
    body: {
      status: {
        observedGeneration: 1,
        conditions: [ready],
        lastAppliedRevision: revision,
        lastAttemptedRevision: revision,
        inventory: { entries: objects.map(entryOf) },
      },
    },
  });
  for (const name of controllers) {
    await space.apply(parse(deployment(name)) as Parameters<typeof space.apply>[0]);
  }
}

function adopt(...args: string[]): Promise<Output> {
  return commandLine(space.name)('adopt', ...args, '--flux-namespace', space.name);
}

async function versions(): Promise<(string | undefined)[]> {
  const objects = [await space.get('ConfigMap', 'a'), await space.get('ConfigMap', 'b')];
  return objects.map((object) => object?.metadata.resourceVersion);
}

/** Asks for a pass by annotation; true when it was run, false where nobody answers. */
async function isReconciled(): Promise<boolean> {
  const stamp = new Date().toISOString();
  const annotations = { 'reconcile.fluxcd.io/requestedAt': stamp };
  await space.patch('Kustomization', 'web', { metadata: { annotations } });
  const handled = (row: Row): boolean => row.status.lastHandledReconcileAt === stamp;
  return space.until('Kustomization', 'web', handled, 5000).then(
    () => true,
    () => false,
  );
}

test('an object in report mode is left alone, and nothing of it is written', async () => {
  const before = await space.get('Kustomization', 'web');
  await space.patch('ConfigMap', 'a', { data: { key: 'by hand' } });
  expect(await isReconciled()).toBe(false);
  expect((await space.get('ConfigMap', 'a'))?.['data']).toEqual({ key: 'by hand' });
  const after = await space.get('Kustomization', 'web');
  expect(after?.['status']).toEqual(before?.['status']);
});

test('an object in report mode tells what ends that, and with which command', async () => {
  const { stdout } = await commandLine(space.name)('explain', 'ks', 'web');
  expect(stdout).toContain('the annotation sluice.dev/mode is report: nothing is written');
  expect(stdout).toContain('the annotation sluice.dev/mode removed');
  expect(stdout).toContain(`kubectl annotate kustomization web -n ${space.name} sluice.dev/mode-`);
});

test('a dry run tells what would change, and taking over is refused while something would', async () => {
  const dry = await adopt('--dry-run');
  expect(dry.code).toBe(1);
  expect(dry.stdout).toContain(`✗ Kustomization/${space.name}/web: 1 differences`);
  expect(dry.stdout).toContain(`► ConfigMap/${space.name}/a drifted`);
  const refused = await adopt();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('nothing was taken over');
  expect((await space.get('Deployment', 'kustomize-controller'))?.['spec']).toMatchObject({
    replicas: 2,
  });
});

test('taking over stops the controllers of Flux and changes no managed object, and back again', async () => {
  for (const one of objects) await serverSideApply(space.cluster, one);
  expect(await adopt('--dry-run')).toMatchObject({ code: 0, stderr: '' });
  const before = await versions();
  const taken = await adopt();
  expect(taken).toMatchObject({ code: 0, stderr: '' });
  expect(taken.stdout).toContain('1 Kustomizations taken over');
  for (const name of controllers) {
    expect((await space.get('Deployment', name))?.['spec']).toMatchObject({ replicas: 0 });
  }
  expect(await isReconciled()).toBe(true);
  expect(await versions()).toEqual(before);
  const back = await adopt('--back');
  expect(back).toMatchObject({ code: 0, stderr: '' });
  for (const name of controllers) {
    expect((await space.get('Deployment', name))?.['spec']).toMatchObject({ replicas: 2 });
  }
  expect(await isReconciled()).toBe(false);
  expect(await versions()).toEqual(before);
});
