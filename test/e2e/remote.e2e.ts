import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createServingCertificate } from '../../deploy/dev/stack/certificates.ts';
import { conditionOf, kustomization, type Manifest } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { addressIn, grantConfigMaps, tokenKubeconfig } from '../support/remote.ts';
import { openSource } from '../support/space.ts';

const { space } = await openSource({
  'web/cm.yaml': configMap('web'),
  'outside/cm.yaml': configMap('outside').replace('name:', 'namespace: default\n  name:'),
});

const { server, ca } = await addressIn(inject('kubeconfig'));
await space.untilReady('GitRepository', 'repo');

/** How the cluster itself is reached as if it were another one: with tokens of a ServiceAccount of this namespace. */
const access = (name: string, data: Record<string, string> = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: {
    provider: 'generic',
    address: server,
    'ca.crt': ca,
    audiences: 'https://kubernetes.default.svc',
    serviceAccountName: 'deployer',
    ...data,
  },
});

const by = (name: string, spec: object = {}): object => ({
  path: './web',
  targetNamespace: space.name,
  kubeConfig: { configMapRef: { name } },
  ...spec,
});

const grant = (account: string): Promise<void> => grantConfigMaps(space, account);

test('a remote cluster is worked on with tokens of a ServiceAccount, and its rights alone', async () => {
  await grant('deployer');
  await space.apply(access('remote'));
  await space.apply(kustomization('web', 'repo', by('remote', { namePrefix: 'token-' })));
  await space.untilReady('Kustomization', 'web');
  expect(await space.get('ConfigMap', 'token-web')).toBeDefined();
  const outside = by('remote', { path: './outside', targetNamespace: undefined });
  await space.apply(kustomization('outside', 'repo', outside));
  const row = await space.untilReady('Kustomization', 'outside', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({ reason: 'ReconciliationFailed' });
  expect(conditionOf(row, 'Ready')?.message).toContain(`serviceaccount:${space.name}:deployer`);
  await space.remove('Kustomization', 'web');
  await space.untilGone('ConfigMap', 'token-web');
});

test('a token of an account that was made anew is asked for anew', async () => {
  await grant('renewed');
  await space.apply(access('renewed', { serviceAccountName: 'renewed' }));
  const spec = by('renewed', { namePrefix: 'renewed-', retryInterval: '2s' });
  await space.apply(kustomization('renewed', 'repo', spec));
  await space.untilReady('Kustomization', 'renewed');
  await space.remove('ServiceAccount', 'renewed');
  await space.remove('ConfigMap', 'renewed-web');
  await grant('renewed');
  await space.signal('Kustomization', 'renewed');
  await space.until('ConfigMap', 'renewed-web', () => true);
});

test('what is missing or wrong of a ConfigMap is told, and mended by correcting it', async () => {
  const gone = { audiences: '', serviceAccountName: 'nobody' };
  await space.apply(access('wrong', gone));
  const spec = by('wrong', { namePrefix: 'wrong-', retryInterval: '2s' });
  await space.apply(kustomization('wrong', 'repo', spec));
  const row = await space.untilReady('Kustomization', 'wrong', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({ reason: 'ReconciliationFailed' });
  expect(conditionOf(row, 'Ready')?.message).toContain(`ServiceAccount/${space.name}/nobody`);
  await grant('deployer');
  await space.apply(access('wrong'));
  await space.untilReady('Kustomization', 'wrong');
});

test('a provider that needs a cloud stalls the Kustomization', async () => {
  await space.apply(access('cloud', { provider: 'aws' }));
  await space.apply(kustomization('cloud', 'repo', by('cloud')));
  const row = await space.untilReady('Kustomization', 'cloud', 'False');
  expect(conditionOf(row, 'Stalled')).toMatchObject({ status: 'True', reason: 'UnsupportedField' });
  expect(conditionOf(row, 'Stalled')?.message).toContain('provider aws');
});

test('a deletion does not wait for a ServiceAccount that is gone', async () => {
  await grant('leaver');
  await space.apply(access('leaver', { serviceAccountName: 'leaver' }));
  await space.apply(kustomization('leaver', 'repo', by('leaver', { namePrefix: 'left-' })));
  await space.untilReady('Kustomization', 'leaver');
  await space.remove('ServiceAccount', 'leaver');
  await space.remove('Kustomization', 'leaver');
  await space.untilGone('Kustomization', 'leaver');
  expect(await space.get('ConfigMap', 'left-web')).toBeDefined();
  await space.untilEvent('leaver', `ServiceAccount/${space.name}/leaver not found`);
});

test('a cluster that hangs does not keep a worker from the others', async () => {
  const certificate = await createServingCertificate();
  // Takes every request, and answers none.
  const silent = createServer({ key: certificate.key, cert: certificate.certificate });
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const name = 'hanging';
  const address = { server: `https://127.0.0.1:${port}`, ca: certificate.ca };
  const value = tokenKubeconfig(address, 'any');
  await space.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    stringData: { value },
  });
  const kubeConfig = { secretRef: { name } };
  // More of them than a worker has activities at a time.
  const hanging = Array.from({ length: 24 }, (_, at) => `${name}-${at}`);
  const spec = { path: './web', targetNamespace: space.name, retryInterval: '2s', kubeConfig };
  await Promise.all(hanging.map((one) => space.apply(kustomization(one, 'repo', spec))));
  await space.until(
    'Kustomization',
    'hanging-0',
    (row) => (row.status.conditions ?? []).length > 0,
  );
  const healthy = { path: './web', targetNamespace: space.name, namePrefix: 'healthy-' };
  await space.apply(kustomization('healthy', 'repo', healthy));
  await space.untilReady('Kustomization', 'healthy', 'True', 30_000);
  for (const one of hanging) {
    const row = await space.untilReady('Kustomization', one, 'False');
    const { reason, message = '' } = conditionOf(row, 'Ready') ?? {};
    expect(reason).toBe('ReconciliationFailed');
    expect(message).toContain(`127.0.0.1:${port}`);
  }
  await Promise.all(hanging.map((one) => space.remove('Kustomization', one)));
});
