import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gitRepository, kustomization, testNamespace, type Manifest } from '../support/cluster.ts';
import {
  installFluxCrds,
  startController,
  type Controller,
  type ControllerName,
} from '../support/flux.ts';
import { configMap, deployment } from '../support/manifests.ts';
import { testRepository } from '../support/repository.ts';
import { startSystem } from '../support/system.ts';

/**
 * Sluice beside Flux's own controllers, which are built for it: our Kustomizations on the artifacts of source-controller,
 * kustomize-controller on ours, and `sluice adopt` from running controllers and back. Run by hand: npx tsx test/interop/flux.ts
 */
const label = 'sluice.dev/by';
const dir = await mkdtemp(join(tmpdir(), 'sluice-interop-'));
const system = await startSystem(dir, { SLUICE_WATCH_LABEL_SELECTOR: `${label}!=flux` });
const space = await testNamespace(system.stack);
const repository = await testRepository();
const running = new Map<ControllerName, Controller>();

try {
  const files = { 'app/cm.yaml': configMap('app'), 'app/web.yaml': deployment('web') };
  const first = await repository.commit(files);
  // Who moves from Flux has its definitions in the cluster, and source-controller wants those of all its kinds.
  await installFluxCrds(system.stack);
  const beside = ['--watch-label-selector=sluice.dev/by=flux'];
  await start('source-controller', beside);
  await start('kustomize-controller', beside);
  await bothWays(first);
  for (const name of ['app-ours', 'app-theirs']) {
    await space.remove('Kustomization', name);
    await space.untilGone('Kustomization', name);
  }
  await stopAll();
  await adopted();
} catch (error) {
  for (const name of running.keys()) {
    process.stderr.write((await readFile(join(dir, `${name}.log`), 'utf8')).slice(-2000));
  }
  throw error;
} finally {
  await stopAll();
  await repository.close();
  await space.close();
  await system.stop();
}

/** Each side makes a source, and the other one follows it through a commit. */
async function bothWays(first: string): Promise<void> {
  await space.apply(byFlux(gitRepository('theirs', repository.url)));
  await space.apply(gitRepository('ours', repository.url));
  const at = { path: './app', targetNamespace: space.name, wait: true };
  await space.apply(kustomization('app-ours', 'theirs', { ...at, nameSuffix: '-ours' }));
  await space.apply(byFlux(kustomization('app-theirs', 'ours', { ...at, nameSuffix: '-theirs' })));
  await untilBothAt(first);
  tell('our Kustomization is ready on the artifact of source-controller');
  tell("kustomize-controller's is ready on ours");
  const second = await repository.commit({ 'app/cm.yaml': configMap('app', { key: 'second' }) });
  const annotations = { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() };
  for (const name of ['ours', 'theirs']) {
    await space.patch('GitRepository', name, { metadata: { annotations } });
  }
  await untilBothAt(second);
  for (const name of ['app-ours', 'app-theirs']) {
    assert.deepEqual((await space.get('ConfigMap', name))?.['data'], { key: 'second' });
  }
  tell('both follow a commit');
}

async function untilBothAt(commit: string): Promise<void> {
  for (const name of ['app-ours', 'app-theirs']) {
    const at = ({ status }: { status: { lastAppliedRevision?: string } }): boolean =>
      status.lastAppliedRevision?.endsWith(commit) === true;
    await space.until('Kustomization', name, at, 120_000);
    await space.untilReady('Kustomization', name, 'True', 120_000);
  }
}

/** Flux has brought everything up; Sluice takes over and gives back, and no managed object changes. */
async function adopted(): Promise<void> {
  await system.services.stopAll();
  await deployments();
  await start('source-controller');
  await start('kustomize-controller');
  await space.apply(gitRepository('repo', repository.url));
  const spec = { path: './app', targetNamespace: space.name, wait: true, nameSuffix: '-moved' };
  await space.apply(kustomization('app', 'repo', spec));
  await space.untilReady('Kustomization', 'app', 'True', 120_000);
  const before = await versions();
  await sluice('adopt', '--dry-run');
  const handedOver = follow();
  await Promise.all([system.services.start('worker'), system.services.start('bridge')]);
  await sluice('adopt');
  await handedOver;
  const asked = new Date().toISOString();
  const annotations = { 'reconcile.fluxcd.io/requestedAt': asked };
  await space.patch('Kustomization', 'app', { metadata: { annotations } });
  await space.until(
    'Kustomization',
    'app',
    ({ status }) => status.lastHandledReconcileAt === asked,
  );
  await space.untilReady('Kustomization', 'app');
  assert.deepEqual(await versions(), before);
  tell('adopted from running controllers, and no managed object changed');
  await sluice('adopt', '--back');
  await start('source-controller');
  await start('kustomize-controller');
  const back = await repository.commit({ 'app/cm.yaml': configMap('app', { key: 'back' }) });
  await space.patch('GitRepository', 'repo', {
    metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } },
  });
  await space.until(
    'Kustomization',
    'app',
    ({ status }) => status.lastAppliedRevision?.endsWith(back) === true,
    120_000,
  );
  tell('given back, and Flux goes on');
}

/** What a kubelet does: a controller runs while its Deployment wants it. */
async function follow(): Promise<void> {
  for (const name of ['kustomize-controller', 'source-controller'] as const) {
    await until(async () => (await replicasOf(name)) === 0);
    await running.get(name)?.stop();
    running.delete(name);
  }
}

async function deployments(): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } };
  await space.cluster.request({ method: 'POST', path: '/api/v1/namespaces', body });
  for (const name of ['source-controller', 'kustomize-controller']) {
    const labels = { app: name };
    const container = { name: 'manager', image: `ghcr.io/fluxcd/${name}` };
    const template = { metadata: { labels }, spec: { containers: [container] } };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    const object = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'flux-system' },
      spec,
    };
    await space.apply(object);
  }
}

async function replicasOf(name: string): Promise<number | undefined> {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'flux-system', name };
  return ((await space.cluster.get(ref))?.['spec'] as { replicas?: number } | undefined)?.replicas;
}

async function versions(): Promise<(string | undefined)[]> {
  const refs = [
    ['ConfigMap', 'app-moved'],
    ['Deployment', 'web-moved'],
  ] as const;
  const objects = await Promise.all(refs.map(([kind, name]) => space.get(kind, name)));
  return objects.map((object) =>
    JSON.stringify([
      object?.metadata.uid,
      object?.metadata.generation,
      object?.metadata.resourceVersion && object.kind === 'ConfigMap'
        ? object.metadata.resourceVersion
        : '',
    ]),
  );
}

async function sluice(...args: string[]): Promise<void> {
  const program = fileURLToPath(new URL('../../client/sluice.js', import.meta.url));
  const env = {
    ...process.env,
    KUBECONFIG: system.stack.kubeconfig,
    TEMPORAL_ADDRESS: system.stack.temporalAddress,
    SLUICE_KUSTOMIZE: system.stack.tools['kustomize'],
    SLUICE_SOPS: system.stack.tools['sops'],
  };
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { env });
  process.stdout.write(stdout.replaceAll(/^/gm, '  '));
}

async function start(name: ControllerName, settings: readonly string[] = []): Promise<void> {
  running.set(name, await startController(name, system.stack, { dir, settings }));
}

async function stopAll(): Promise<void> {
  await Promise.all([...running.values()].map((controller) => controller.stop()));
  running.clear();
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline;) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('it did not get there in two minutes');
}

function byFlux(manifest: Manifest): Manifest {
  return { ...manifest, metadata: { ...manifest.metadata, labels: { [label]: 'flux' } } };
}

function tell(what: string): void {
  process.stdout.write(`ok  ${what}\n`);
}
