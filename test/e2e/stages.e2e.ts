import { expect, test } from 'vitest';
import { kustomization, type Manifest } from '../support/cluster.ts';
import { openSource } from '../support/space.ts';

const group = 'rbac.authorization.k8s.io';
const rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] };

const { space } = await openSource({
  'app/role.yaml': `apiVersion: ${group}/v1
kind: Role
metadata: { name: reader }
rules: [${JSON.stringify(rule)}]
`,
  'app/binding.yaml': `apiVersion: ${group}/v1
kind: RoleBinding
metadata: { name: reader }
roleRef: { apiGroup: ${group}, kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: app }]
`,
});
await space.untilReady('GitRepository', 'repo');

const rbac = (kind: string, name: string, rest: object): Manifest => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name },
  ...rest,
});

// The API server looks at the Role before it lets a binding by an account with few rights pass, in a dry run too.
test('a custom stage comes first: a Role and its RoleBinding by an account with few rights', async () => {
  await space.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'limited' } });
  const rights = { apiGroups: [group], resources: ['roles', 'rolebindings'], verbs: ['*'] };
  const own = { ...rights, verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] };
  await space.apply(rbac('Role', 'limited', { rules: [own, rule] }));
  const roleRef = { apiGroup: group, kind: 'Role', name: 'limited' };
  const subjects = [{ kind: 'ServiceAccount', name: 'limited', namespace: space.name }];
  await space.apply(rbac('RoleBinding', 'limited', { roleRef, subjects }));
  const spec = { path: './app', targetNamespace: space.name, serviceAccountName: 'limited' };
  await space.apply(kustomization('app', 'repo', spec));
  await space.untilReady('Kustomization', 'app');
  expect(await space.get('RoleBinding', 'reader')).toBeDefined();
});
