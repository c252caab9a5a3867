import { readFile } from 'node:fs/promises';
import { afterAll, expect, inject, test } from 'vitest';
import { kustomization, type Row } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const web = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: main, image: "nginx:1" }] }
`;

const { space } = await openSource({
  'web/web.yaml': web,
  'web/settings.yaml': configMap('settings', { mode: 'git', size: '1' }),
  'ignoring/map.yaml': configMap('ignoring', { ours: 'git', theirs: 'git' }),
  'fight/map.yaml': configMap('fought', { key: 'git' }),
  'fight/other.yaml': configMap('calm', { key: 'git' }),
  'remote/map.yaml': configMap('far', { key: 'git' }),
});
await space.untilReady('GitRepository', 'repo');

const seconds: string[] = [];
afterAll(() => {
  process.stdout.write(`repaired after a change by hand: ${seconds.join(', ')}\n`);
});

/** The interval is an hour: what is repaired is repaired by the watch. */
async function deploy(name: string, spec: object = {}): Promise<void> {
  const settings = { path: name, targetNamespace: space.name, interval: '1h', ...spec };
  await space.apply(kustomization(name, 'repo', settings));
  await space.untilReady('Kustomization', name);
}

async function repaired(what: string, kind: string, name: string, done: (row: Row) => boolean) {
  const begun = Date.now();
  const row = await space.until(kind, name, done, 20_000);
  seconds.push(`${what} ${((Date.now() - begun) / 1000).toFixed(2)} s`);
  return row;
}

async function syncs(name: string, trigger: string): Promise<{ memo?: object }[]> {
  const query = `SluiceNamespace="${space.name}" AND SluiceName="${name}" AND SluiceTrigger="${trigger}"`;
  const found: { memo?: object }[] = [];
  for await (const { memo = {} } of space.temporal.workflow.list({ query })) found.push({ memo });
  return found;
}

const dataOf = (row: Row): Record<string, string> => row['data'] as Record<string, string>;

async function writeAs(fieldManager: string, name: string, body: object, sub = ''): Promise<void> {
  await space.cluster.request({
    method: 'PATCH',
    path: `/api/v1/namespaces/${space.name}/configmaps/${name}${sub}`,
    query: { fieldManager },
    contentType: 'application/merge-patch+json',
    body,
  });
}

test('a field changed by hand is reverted at once, and its sync tells by whom', async () => {
  await deploy('web');
  await space.patch('Deployment', 'web', { spec: { replicas: 5 } });
  await repaired('edit', 'Deployment', 'web', ({ spec }) => spec['replicas'] === 2);
  const drift = `Deployment/${space.name}/web: spec.replicas changed by kubectl-edit at 20`;
  await expect
    .poll(() => syncs('web', 'drift'))
    .toContainEqual({
      memo: expect.objectContaining({
        outcome: 'applied',
        changes: '1 configured',
        why: expect.stringContaining(drift) as string,
      }) as object,
    });
});

test('a field removed by hand comes back', async () => {
  await space.patch('ConfigMap', 'settings', { data: { size: null } });
  await repaired('removal', 'ConfigMap', 'settings', (row) => dataOf(row)['size'] === '1');
});

test('a deleted object is created again', async () => {
  await space.remove('ConfigMap', 'settings');
  await repaired('deletion', 'ConfigMap', 'settings', (row) => dataOf(row)['mode'] === 'git');
  const expected = expect.stringContaining(`ConfigMap/${space.name}/settings: deleted`) as string;
  await expect
    .poll(() => syncs('web', 'drift'))
    .toContainEqual({ memo: expect.objectContaining({ why: expected }) as object });
});

const label = 'kustomize.toolkit.fluxcd.io/name';

test('a removed owner label comes back', async () => {
  await space.patch('Deployment', 'web', { metadata: { labels: { [label]: null } } });
  await repaired('label', 'Deployment', 'web', (row) => row.metadata.labels?.[label] === 'web');
});

test('status, fields of other managers, and objects that are handed over are no drift', async () => {
  await space.untilReady('Kustomization', 'web');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const before = (await syncs('web', 'drift')).length;
  await writeAs('autoscaler', 'settings', { data: { tuned: '5' } });
  const status = { status: { observedGeneration: 1 } };
  await space.cluster.request({
    method: 'PATCH',
    path: `/apis/apps/v1/namespaces/${space.name}/deployments/web/status`,
    contentType: 'application/merge-patch+json',
    body: status,
  });
  await space.patch('ConfigMap', 'settings', { metadata: { labels: { [label]: 'another' } } });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(await syncs('web', 'drift')).toHaveLength(before);
});

test('what a commit changes or removes is no drift', async () => {
  await deploy('calm', { path: 'fight', namePrefix: 'calm-' });
  await space.patch('Kustomization', 'calm', { spec: { path: 'remote' } });
  await space.until('ConfigMap', 'calm-far', () => true);
  await space.untilGone('ConfigMap', 'calm-calm');
  await space.untilReady('Kustomization', 'calm');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(await syncs('calm', 'drift')).toEqual([]);
});

test('a field that spec.ignore names is left alone', async () => {
  await deploy('ignoring', {
    ignore: [{ paths: ['/data/theirs'], target: { kind: 'ConfigMap' } }],
  });
  await space.patch('ConfigMap', 'ignoring', { data: { theirs: 'hand' } });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(await syncs('ignoring', 'drift')).toEqual([]);
  await space.patch('ConfigMap', 'ignoring', { data: { ours: 'hand' } });
  const row = await repaired(
    'edit',
    'ConfigMap',
    'ignoring',
    (map) => dataOf(map)['ours'] === 'git',
  );
  expect(dataOf(row)['theirs']).toBe('hand');
});

test('suspended a Kustomization is not woken', async () => {
  await space.patch('Kustomization', 'ignoring', { spec: { suspend: true } });
  await space.patch('ConfigMap', 'ignoring', { data: { ours: 'hand' } });
  const before = (await syncs('ignoring', 'drift')).length;
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(await syncs('ignoring', 'drift')).toHaveLength(before);
  await space.patch('Kustomization', 'ignoring', { spec: { suspend: false } });
  await space.until('ConfigMap', 'ignoring', (row) => dataOf(row)['ours'] === 'git');
});

test('a manager that fights is slowed down and named, and nothing else is', async () => {
  await deploy('fight');
  let corrections = 0;
  const isCorrected = (row: Row): boolean => dataOf(row)['key'] === 'git';
  for (const deadline = Date.now() + 12_000; Date.now() < deadline; corrections++) {
    await writeAs('rival', 'fought', { data: { key: 'rival' } });
    await space.until('ConfigMap', 'fought', isCorrected, 20_000);
  }
  expect(corrections).toBeLessThan(8);
  const event = await space.untilEvent('fight', 'DriftRepeated');
  expect(event.type).toBe('Warning');
  expect(event.message).toContain(`ConfigMap/${space.name}/fought: data.key changed by rival at`);
  expect(event.message).toContain('corrected next in');
  await writeAs('rival', 'fought', { data: { key: 'rival' } });
  await space.patch('ConfigMap', 'calm', { data: { key: 'hand' } });
  await repaired('edit beside a fight', 'ConfigMap', 'calm', isCorrected);
});

test('objects of a remote cluster are watched by its kubeconfig', async () => {
  const value = await readFile(inject('kubeconfig'), 'utf8');
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'there' } };
  await space.apply({ ...secret, stringData: { value } });
  await deploy('remote', { kubeConfig: { secretRef: { name: 'there' } } });
  await space.patch('ConfigMap', 'far', { data: { key: 'hand' } });
  await repaired('edit, remote', 'ConfigMap', 'far', (row) => dataOf(row)['key'] === 'git');
  await space.remove('ConfigMap', 'far');
  await repaired('deletion, remote', 'ConfigMap', 'far', (row) => dataOf(row)['key'] === 'git');
});
