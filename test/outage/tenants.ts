import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';
import type { Stack } from '../../deploy/dev/index.ts';
import type { Manifest } from '../support/cluster.ts';

/** Gives the default account of a namespace every right in it and nothing else; it may act as itself, which a remote cluster asks for. */
export async function makeAdmin(cluster: Cluster, namespace: string): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: 'admin', namespace };
  const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'admin' };
  const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace }];
  await serverSideApply(cluster, { apiVersion, kind: 'Role', metadata, rules });
  await serverSideApply(cluster, { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects });
}

/** What belongs to a tenant and to the platform, on both clusters, by name and version. */
export async function snapshotOf(
  clusters: Readonly<Record<'home' | 'remote', Cluster>>,
  namespace: string,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const list = async (where: string, cluster: Cluster, path: string): Promise<void> => {
    const { items } = await cluster.request<{ items: KubeObject[] }>({ method: 'GET', path });
    for (const { metadata } of items) {
      found[`${where} ${path} ${metadata.name}`] = metadata.resourceVersion ?? '';
    }
  };
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  for (const [where, cluster] of Object.entries(clusters)) {
    for (const resource of watched) {
      const [plural = '', ...group] = resource.split('.');
      if (where === 'remote' && group.join('.').endsWith('fluxcd.io')) continue;
      const base = group.length === 0 ? '/api/v1' : `/apis/${group.join('.')}/v1`;
      await list(where, cluster, `${base}/namespaces/${namespace}/${plural}`);
    }
    for (const plural of ['clusterroles', 'clusterrolebindings'])
      await list(where, cluster, `${rbac}/${plural}`);
    await list(where, cluster, '/api/v1/namespaces');
    await list(where, cluster, '/api/v1/namespaces/kube-system/secrets');
  }
  return found;
}

const watched = [
  'configmaps',
  'secrets',
  'serviceaccounts',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'kustomizations.kustomize.toolkit.fluxcd.io',
  'gitrepositories.source.toolkit.fluxcd.io',
];

/** A token of the default account of a namespace. */
export async function tokenOf(cluster: Cluster, namespace: string): Promise<string> {
  const { status } = await cluster.request<{ status: { token: string } }>({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  return status.token;
}

/** The cluster entry of the kubeconfig of a stack. */
export async function serverOf(stack: Stack): Promise<Record<string, string>> {
  const text = await readFile(stack.kubeconfig, 'utf8');
  const { clusters } = parse(text) as { clusters: [{ cluster: Record<string, string> }] };
  return clusters[0].cluster;
}

/** A Secret with a kubeconfig of one cluster and one user. */
export function kubeconfigSecret(name: string, cluster: object, user: object): Manifest {
  const value = JSON.stringify({
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    clusters: [{ name: 'x', cluster }],
    users: [{ name: 'x', user }],
  });
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { value } };
}
