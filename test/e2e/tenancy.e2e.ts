import { readFile } from 'node:fs/promises';
import { beforeAll, expect, inject, test } from 'vitest';
import { conditionOf, kustomization, type Manifest } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space } = await openSource({
  'web/cm.yaml': configMap('web'),
  'role/role.yaml': `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: taken-${Date.now().toString(36)} }
rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]
`,
});

const rbac = (kind: string, name: string, rest: object): Manifest => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name },
  ...rest,
});

beforeAll(async () => {
  await space.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'tenant' } });
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }];
  await space.apply(rbac('Role', 'tenant', { rules }));
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'tenant' };
  const subjects = [{ kind: 'ServiceAccount', name: 'tenant', namespace: space.name }];
  await space.apply(rbac('RoleBinding', 'tenant', { roleRef, subjects }));
});

const tenant = { targetNamespace: space.name, serviceAccountName: 'tenant' };

test('objects are applied and pruned with the rights of the service account', async () => {
  await space.apply(kustomization('web', 'repo', { path: './web', ...tenant }));
  await space.untilReady('Kustomization', 'web');
  expect(await space.get('ConfigMap', 'web')).toBeDefined();
  await space.remove('Kustomization', 'web');
  await space.untilGone('ConfigMap', 'web');
});

test('what the service account may not do fails, and names the object', async () => {
  await space.apply(kustomization('role', 'repo', { path: './role', ...tenant }));
  const row = await space.untilReady('Kustomization', 'role', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({ reason: 'ReconciliationFailed' });
  expect(conditionOf(row, 'Ready')?.message).toContain('Forbidden');
  expect(conditionOf(row, 'Ready')?.message).toContain(`serviceaccount:${space.name}:tenant`);
});

test('a Kustomization whose service account is gone leaves its objects and goes', async () => {
  const extra = { targetNamespace: space.name, namePrefix: 'left-', serviceAccountName: 'gone' };
  await space.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'gone' } });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'tenant' };
  const subjects = [{ kind: 'ServiceAccount', name: 'gone', namespace: space.name }];
  await space.apply(rbac('RoleBinding', 'gone', { roleRef, subjects }));
  await space.apply(kustomization('leaver', 'repo', { path: './web', ...extra }));
  await space.untilReady('Kustomization', 'leaver');
  await space.remove('ServiceAccount', 'gone');
  await space.remove('Kustomization', 'leaver');
  await space.untilGone('Kustomization', 'leaver');
  expect(await space.get('ConfigMap', 'left-web')).toBeDefined();
  await space.untilEvent('leaver', 'unable to prune objects');
});

test('a remote cluster is applied to by the kubeconfig of a Secret, and its loss is told', async () => {
  const value = await readFile(inject('kubeconfig'), 'utf8');
  const spec = { path: './web', targetNamespace: space.name, namePrefix: 'remote-' };
  const kubeConfig = { secretRef: { name: 'remote' } };
  await space.apply(kustomization('remote', 'repo', { ...spec, kubeConfig }));
  const row = await space.untilReady('Kustomization', 'remote', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({
    reason: 'ReconciliationFailed',
    message: `kubeConfig: Secret/${space.name}/remote not found`,
  });
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'remote' } };
  await space.apply({ ...secret, stringData: { value } });
  await space.signal('Kustomization', 'remote');
  await space.untilReady('Kustomization', 'remote');
  expect(await space.get('ConfigMap', 'remote-web')).toBeDefined();
  await space.remove('Kustomization', 'remote');
  await space.untilGone('ConfigMap', 'remote-web');
});
