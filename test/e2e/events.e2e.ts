import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { gitRepository, kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSpace } from '../support/space.ts';

const { space, repository } = await openSpace();
const revision = `main@sha1:${await repository.commit({ 'a.yaml': configMap('a') })}`;
await space.apply(gitRepository('repo', repository.url));
await space.untilReady('GitRepository', 'repo');
const app = kustomization('app', 'repo', { targetNamespace: space.name });
const annotations = { 'event.toolkit.fluxcd.io/team': 'payments', 'other.io/note': 'private' };
await space.apply({ ...app, metadata: { ...app.metadata, annotations } });
await space.untilReady('Kustomization', 'app');

interface FullEvent {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly involvedObject: Readonly<Record<string, unknown>>;
  readonly reason: string;
  readonly type: string;
  readonly reportingComponent: string;
  readonly reportingInstance: string;
  readonly source: { readonly component: string };
}

async function eventOf(name: string, text: string): Promise<FullEvent> {
  return (await space.untilEvent(name, text)) as unknown as FullEvent;
}

test('events carry what notifications and dashboards read: revision, digest, controller, instance', async () => {
  const artifact = (await space.until('GitRepository', 'repo', () => true)).status.artifact;
  const stored = await eventOf('repo', 'NewArtifact');
  expect(stored).toMatchObject({
    type: 'Normal',
    reportingComponent: 'source-controller',
    source: { component: 'source-controller' },
  });
  expect(stored.metadata.annotations).toEqual({
    'source.toolkit.fluxcd.io/revision': revision,
    'source.toolkit.fluxcd.io/digest': artifact?.digest,
  });
  const { metadata } = await space.until('Kustomization', 'app', () => true);
  const finished = await eventOf('app', 'ReconciliationSucceeded');
  expect(finished).toMatchObject({
    type: 'Normal',
    reportingComponent: 'kustomize-controller',
    reportingInstance: hostname(),
    involvedObject: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: space.name,
      name: 'app',
      uid: metadata.uid,
    },
  });
  expect(finished.metadata.annotations).toEqual({
    'kustomize.toolkit.fluxcd.io/revision': revision,
    'event.toolkit.fluxcd.io/team': 'payments',
  });
});

test('kubectl events --for shows the reasons', async () => {
  const args = ['events', '--for', 'Kustomization/app', '--namespace', space.name];
  const { stdout } = await promisify(execFile)(inject('kubectl'), [
    ...args,
    `--kubeconfig=${inject('kubeconfig')}`,
  ]);
  expect(stdout).toMatch(/Normal +Progressing +Kustomization\/app +ConfigMap\/\S+ created/);
  expect(stdout).toMatch(/Normal +ReconciliationSucceeded +Kustomization\/app/);
});

test('the event of a deletion tells the revision that was there', async () => {
  await space.patch('Kustomization', 'app', { spec: { prune: true } });
  await space.remove('Kustomization', 'app');
  await space.untilGone('Kustomization', 'app');
  const deleted = await eventOf('app', 'Deleted');
  expect(deleted.metadata.annotations).toMatchObject({
    'kustomize.toolkit.fluxcd.io/revision': revision,
  });
});
