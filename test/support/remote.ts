import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { TestNamespace } from './cluster.ts';

/** How an API server is reached, without anybody's credentials; the authorities are PEM. */
export interface ServerAddress {
  readonly server: string;
  readonly ca: string;
}

/** The first cluster of a kubeconfig file. */
export async function addressIn(kubeconfig: string): Promise<ServerAddress> {
  const text = await readFile(kubeconfig, 'utf8');
  const { clusters } = parse(text) as { clusters: { cluster: Record<string, string> }[] };
  const cluster = clusters[0]?.cluster ?? {};
  const ca = Buffer.from(cluster['certificate-authority-data'] ?? '', 'base64').toString('utf8');
  return { server: cluster['server'] ?? '', ca };
}

/** A kubeconfig with a token, as JSON. */
export function tokenKubeconfig({ server, ca }: ServerAddress, token: string): string {
  const name = 'remote';
  const authorities = Buffer.from(ca).toString('base64');
  const cluster = { server, 'certificate-authority-data': authorities };
  return JSON.stringify({
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster }],
    users: [{ name, user: { token } }],
  });
}

/** Makes a ServiceAccount that may do anything with the ConfigMaps of its namespace, and nothing else. */
export async function grantConfigMaps(space: TestNamespace, account: string): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  const apiVersion = `${rbac}/v1`;
  const metadata = { name: account };
  await space.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }];
  await space.apply({ apiVersion, kind: 'Role', metadata, rules });
  const roleRef = { apiGroup: rbac, kind: 'Role', name: account };
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace: space.name }];
  await space.apply({ apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects });
}

/** A token of a ServiceAccount of the namespace, good for an hour. */
export async function tokenOf({ cluster, name }: TestNamespace, account: string): Promise<string> {
  const { status } = await cluster.request<{ status: { token: string } }>({
    method: 'POST',
    path: `/api/v1/namespaces/${name}/serviceaccounts/${account}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  return status.token;
}
