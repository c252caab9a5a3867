import type { Cluster } from '../../activities/cluster/client.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';

const objects = 'kustomizations.kustomize.toolkit.fluxcd.io';
const receivers = 'receivers.notification.toolkit.fluxcd.io';

type Right = readonly [who: string, verb: string, resource: string, allowed: boolean];

/** What the components of the chart may do under lockdown. */
export const componentRights: readonly Right[] = [
  ['worker', 'impersonate', 'serviceaccounts', true],
  ['worker', 'patch', 'kustomizations/status.kustomize.toolkit.fluxcd.io', true],
  ['worker', 'get', 'secrets', true],
  ['worker', 'create', 'events', true],
  ['worker', 'create', 'deployments.apps', false],
  ['worker', 'delete', 'namespaces', false],
  ['worker', 'impersonate', 'users', false],
  ['worker', 'impersonate', 'groups', false],
  ['worker', 'create', 'clusterrolebindings.rbac.authorization.k8s.io', false],
  ['worker', 'update', 'secrets', false],
  ['worker', 'create', 'kustomizations.kustomize.toolkit.fluxcd.io', false],
  ['bridge', 'watch', 'deployments.apps', true],
  ['bridge', 'impersonate', 'serviceaccounts', false],
  ['bridge', 'patch', 'deployments.apps', false],
  ['bridge', 'delete', 'kustomizations.kustomize.toolkit.fluxcd.io', false],
];

/** What whoever has one of the cluster's own roles in a namespace may do with our kinds there. */
export const roleRights: readonly Right[] = [
  ['view', 'get', objects, true],
  ['view', 'watch', receivers, true],
  ['view', 'list', 'gitrepositories.source.toolkit.fluxcd.io', true],
  ['view', 'patch', objects, false],
  ['view', 'delete', objects, false],
  ['edit', 'get', objects, true],
  ['edit', 'create', objects, true],
  ['edit', 'deletecollection', receivers, true],
  ['edit', 'patch', 'gitrepositories.source.toolkit.fluxcd.io', true],
  ['admin', 'update', objects, true],
];

/** What somebody would do, with every object of the cluster or with those of a namespace. */
export interface Wish {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly namespace?: string;
}

/** What an account or a person may do, as the API server sees it. */
export async function may(
  cluster: Cluster,
  { user, verb, resource, namespace = '' }: Wish,
): Promise<boolean> {
  const [plural = '', ...group] = resource.split('.');
  const [name, subresource] = plural.split('/');
  const resourceAttributes = {
    verb,
    group: group.join('.'),
    resource: name,
    subresource,
    namespace,
  };
  const { status } = await cluster.request<{ status: { allowed: boolean } }>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes },
    },
  });
  return status.allowed;
}

/** Binds a role of the cluster in a namespace to a user of its own, and gives the user's name. */
export async function giveRole(cluster: Cluster, role: string, namespace: string): Promise<string> {
  const apiGroup = 'rbac.authorization.k8s.io';
  const user = `${role}er`;
  await serverSideApply(cluster, {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name: `${role}ers`, namespace },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup, kind: 'User', name: user }],
  });
  return user;
}
