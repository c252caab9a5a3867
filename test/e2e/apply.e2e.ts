import { expect, test } from 'vitest';
import { conditionOf, kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource();

async function deploy(
  name: string,
  files: Record<string, string>,
  spec: object = {},
): Promise<void> {
  const paths = Object.entries(files).map(([path, text]) => [`${name}/${path}`, text]);
  const commit = await repository.commit(Object.fromEntries(paths) as Record<string, string>);
  await space.signal('GitRepository', 'repo');
  await space.until(
    'GitRepository',
    'repo',
    (row) => row.status.artifact?.revision === `main@sha1:${commit}`,
  );
  await space.apply(
    kustomization(name, 'repo', { path: name, targetNamespace: space.name, ...spec }),
  );
}

/** Requests a pass and waits for its end. */
async function reconciled(name: string): Promise<void> {
  const stamp = new Date().toISOString();
  const annotations = { 'reconcile.fluxcd.io/requestedAt': stamp };
  await space.patch('Kustomization', name, { metadata: { annotations } });
  await space.until('Kustomization', name, (row) => row.status.lastHandledReconcileAt === stamp);
}

test('a CRD and its object, a namespace and what is in it, come with one revision', async () => {
  const group = `${space.name}.example.com`;
  const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { kind: Widget, plural: widgets, singular: widget }
  versions:
  - name: v1
    served: true
    storage: true
    schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`;
  const widget = `apiVersion: ${group}/v1\nkind: Widget\nmetadata: { name: w, namespace: ${space.name}-2 }\n`;
  const namespace = `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${space.name}-2 }\n`;
  await deploy(
    'definitions',
    { 'a.yaml': widget, 'b.yaml': crd, 'c.yaml': namespace },
    { targetNamespace: `${space.name}-2` },
  );
  const app = await space.untilReady('Kustomization', 'definitions');
  expect(app.status.inventory?.entries.map(({ id }) => id)).toContain(
    `${space.name}-2_w_${group}_Widget`,
  );
});

test('one invalid object keeps its whole stage from being applied, and the message names it', async () => {
  const bad = `apiVersion: v1\nkind: Service\nmetadata: { name: bad }\nspec: { ports: [{ port: 99999 }] }\n`;
  await deploy('atomic', { 'a.yaml': configMap('atomic'), 'b.yaml': bad });
  const app = await space.untilReady('Kustomization', 'atomic', 'False');
  const ready = conditionOf(app, 'Ready');
  expect(ready?.reason).toBe('ReconciliationFailed');
  expect(ready?.message).toContain(`Service/${space.name}/bad dry-run failed (Invalid)`);
  expect(await space.get('ConfigMap', 'atomic')).toBeUndefined();
});

const immutable = (value: string): string =>
  `${configMap('fixed', { key: value })}immutable: true\n`;

test('an immutable object fails with a hint, and is recreated with force', async () => {
  await deploy('immutable', { 'a.yaml': immutable('1') });
  await space.untilReady('Kustomization', 'immutable');
  const before = await space.get('ConfigMap', 'fixed');
  await deploy('immutable', { 'a.yaml': immutable('2') });
  const failed = await space.untilReady('Kustomization', 'immutable', 'False');
  expect(conditionOf(failed, 'Ready')?.message).toContain('set spec.force');
  await space.patch('Kustomization', 'immutable', { spec: { force: true } });
  await space.untilReady('Kustomization', 'immutable');
  const after = await space.get('ConfigMap', 'fixed');
  expect(after?.['data']).toEqual({ key: '2' });
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
});

test('force deletes nothing for an object that would not be valid as a new one either', async () => {
  const text = immutable('3').replace('data: {', 'data: {"not a key": "x",');
  const before = await space.get('ConfigMap', 'fixed');
  await deploy('immutable', { 'a.yaml': text }, { force: true });
  await space.untilReady('Kustomization', 'immutable', 'False');
  expect((await space.get('ConfigMap', 'fixed'))?.metadata.uid).toBe(before?.metadata.uid);
});

test('the switches of an object are obeyed', async () => {
  const annotated = (name: string, key: string, value: string, data: string): string =>
    configMap(name, { key: data }).replace(
      `name: ${name}`,
      `name: ${name}\n  annotations: { kustomize.toolkit.fluxcd.io/${key}: ${value} }`,
    );
  const files = (data: string): Record<string, string> => ({
    'once.yaml': annotated('once', 'ssa', 'IfNotPresent', data),
    'never.yaml': annotated('never', 'ssa', 'Ignore', data),
    'plain.yaml': configMap('plain', { key: data }),
  });
  await deploy('switches', files('1'));
  await space.untilReady('Kustomization', 'switches');
  expect(await space.get('ConfigMap', 'never')).toBeUndefined();
  const annotations = { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' };
  await space.patch('ConfigMap', 'plain', { metadata: { annotations } });
  await deploy('switches', { ...files('2'), 'last.yaml': configMap('last') });
  await space.until('ConfigMap', 'last', () => true);
  await space.untilReady('Kustomization', 'switches');
  expect((await space.get('ConfigMap', 'once'))?.['data']).toEqual({ key: '1' });
  expect((await space.get('ConfigMap', 'plain'))?.['data']).toEqual({ key: '1' });
});

test('an ignored field is left to the cluster, and other drift is reverted', async () => {
  const name = 'ignoring';
  const ignore = [{ paths: ['/data/theirs'], target: { kind: 'ConfigMap', name: 'ign.*' } }];
  const source = { 'a.yaml': configMap(name, { ours: 'git', theirs: 'git' }) };
  await deploy(name, source, { ignore });
  await space.untilReady('Kustomization', name);
  expect((await space.get('ConfigMap', name))?.['data']).toEqual({ ours: 'git', theirs: 'git' });
  await space.patch('ConfigMap', name, { data: { theirs: 'hand' } });
  const before = await space.get('ConfigMap', name);
  await space.patch('ConfigMap', name, { data: { ours: 'hand' } });
  await reconciled(name);
  const after = await space.get('ConfigMap', name);
  expect(after?.['data']).toEqual({ ours: 'git', theirs: 'hand' });
  expect(before?.['data']).toEqual({ ours: 'git', theirs: 'hand' });
  await reconciled(name);
  const later = await space.get('ConfigMap', name);
  expect(later?.metadata.resourceVersion).toBe(after?.metadata.resourceVersion);
});

test('the rendered namespace has to exist, and the message says which is missing', async () => {
  await deploy('nowhere', { 'a.yaml': configMap('a') }, { targetNamespace: 'does-not-exist' });
  const app = await space.untilReady('Kustomization', 'nowhere', 'False');
  expect(conditionOf(app, 'Ready')?.message).toContain('namespaces "does-not-exist" not found');
});

test.each([
  ['../..', 'leaves the artifact'],
  ['not-there', 'kustomization path not found'],
])('the path %s fails with a message that says so', async (path, message) => {
  const name = `path-${path.length}`;
  await space.apply(kustomization(name, 'repo', { path }));
  const app = await space.untilReady('Kustomization', name, 'False');
  expect(conditionOf(app, 'Ready')).toMatchObject({ reason: 'ArtifactFailed' });
  expect(conditionOf(app, 'Ready')?.message).toContain(message);
});

test('a field whose behaviour is not there yet stalls the object and is named', async () => {
  const decryption = { provider: 'sops', serviceAccountName: 'keys' };
  await space.apply(kustomization('future', 'repo', { decryption }));
  const app = await space.untilReady('Kustomization', 'future', 'False');
  expect(conditionOf(app, 'Stalled')?.message).toContain('spec.decryption');
  expect(app.status.observedGeneration).toBe(1);
});

test('an ignore rule that can not be read stalls the object before anything is applied', async () => {
  await deploy('ignorant', { 'a.yaml': configMap('ignorant') }, { ignore: [{ paths: ['data'] }] });
  const app = await space.untilReady('Kustomization', 'ignorant', 'False');
  const message = expect.stringContaining(
    "spec.ignore[0]: path 'data' is no JSON pointer",
  ) as string;
  expect(conditionOf(app, 'Stalled')).toMatchObject({ reason: 'InvalidSpec', message });
  expect(await space.get('ConfigMap', 'ignorant')).toBeUndefined();
  await space.patch('Kustomization', 'ignorant', { spec: { ignore: [{ paths: ['/data'] }] } });
  await space.untilReady('Kustomization', 'ignorant');
});

test('what the schema forbids the API server refuses', async () => {
  await expect(space.apply(kustomization('wrong', 'repo', { interval: 'often' }))).rejects.toThrow(
    'spec.interval',
  );
  const both = { kubeConfig: { secretRef: { name: 'a' }, configMapRef: { name: 'b' } } };
  await expect(space.apply(kustomization('wrong', 'repo', both))).rejects.toThrow('exactly one of');
});

test('a dependency goes first, and its dependants follow at once', async () => {
  await space.apply(
    kustomization('second', 'repo', {
      path: 'second',
      targetNamespace: space.name,
      dependsOn: [{ name: 'first' }],
    }),
  );
  await deploy('second', { 'a.yaml': configMap('second') }, { dependsOn: [{ name: 'first' }] });
  const waiting = await space.until(
    'Kustomization',
    'second',
    (row) => conditionOf(row, 'Ready')?.reason === 'DependencyNotReady',
  );
  expect(conditionOf(waiting, 'Ready')?.message).toContain('is not there');
  expect(await space.get('ConfigMap', 'second')).toBeUndefined();
  await deploy('first', { 'a.yaml': configMap('first') });
  await space.untilReady('Kustomization', 'first');
  await space.untilReady('Kustomization', 'second', 'True', 15_000);
});
