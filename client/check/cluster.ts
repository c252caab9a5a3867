import { lt, coerce } from 'semver';
import { isNotFound, ApiError } from '../../activities/cluster/api-error.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { fault, finding, ok, warning, type Finding, type Verdict } from './finding.ts';

/** The oldest API server that the CRDs and the chart are made for. */
const oldest = '1.29.0';

/** Whether the API server answers, and is new enough. */
export function checkServer(cluster: Cluster): Promise<Finding> {
  const next = 'set KUBECONFIG, or start a local stack with: sluice dev up';
  return finding(
    'Kubernetes',
    async () => {
      const { gitVersion } = await cluster.request<{ gitVersion: string }>({
        method: 'GET',
        path: '/version',
      });
      const version = coerce(gitVersion);
      if (version && lt(version, oldest))
        return fault(`${gitVersion} is older than ${oldest}`, 'upgrade the cluster');
      return ok(gitVersion);
    },
    next,
  );
}

/** Whether this user may do what an installation needs. */
export async function checkRights(cluster: Cluster): Promise<Finding> {
  const next = 'install with an account that may do all of it, such as cluster-admin';
  return finding(
    'rights to install',
    async () => {
      const answers = await Promise.all(needed.map((right) => may(cluster, right)));
      const denied = needed.filter((_, at) => !answers[at]).map(({ resource }) => resource);
      if (denied.length > 0) return fault(`may not create ${denied.join(', ')}`, next);
      return ok('all that the chart creates');
    },
    next,
  );
}

const needed = [
  { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  { group: '', resource: 'serviceaccounts' },
  { group: '', resource: 'services' },
  { group: 'apps', resource: 'deployments' },
  { group: 'networking.k8s.io', resource: 'networkpolicies' },
] as const;

async function may(cluster: Cluster, right: (typeof needed)[number]): Promise<boolean> {
  const { status } = await cluster.request<{ status: { allowed: boolean } }>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { ...right, verb: 'create' } },
    },
  });
  return status.allowed;
}

/** Whether the pods of worker and bridge are up where they run in this cluster, and whether Flux's controllers run beside them. */
export async function checkDeployments(cluster: Cluster): Promise<Finding[]> {
  let found: Deployments;
  try {
    found = await deploymentsOf(cluster);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [{ title: 'deployments', state: 'ok', text: 'may not be read, and are not looked at' }];
  }
  return [
    ...found.ours.map((one) => ({ title: `Deployment ${one.title}`, ...judge(one) })),
    ...found.flux.map((one) => ({
      title: `Deployment ${one.title}`,
      ...warning('runs as well, and reconciles the same objects', 'sluice adopt --dry-run'),
    })),
  ];
}

/** A Deployment, by `namespace/name`, with the replicas that it should have and has. */
export interface Replicas {
  readonly title: string;
  readonly wanted: number;
  readonly ready: number;
}

/** Who works on the objects in this cluster. */
export interface Deployments {
  readonly ours: readonly Replicas[];
  /** Flux's controllers that run, and do what ours do. */
  readonly flux: readonly Replicas[];
}

/** The Deployments of Sluice, and those of Flux that run; raises ApiError where they may not be read. */
export async function deploymentsOf(cluster: Cluster): Promise<Deployments> {
  const all = await labelled(cluster, 'app.kubernetes.io/part-of=flux');
  const isOurs = ({ metadata }: KubeObject): boolean =>
    metadata.labels?.['app.kubernetes.io/name'] === 'sluice';
  return {
    ours: all.filter(isOurs).map(replicasOf),
    flux: all
      .filter(({ metadata }) => metadata.name === 'kustomize-controller')
      .map(replicasOf)
      .filter(({ wanted }) => wanted > 0),
  };
}

function judge({ title, wanted, ready }: Replicas): Verdict {
  const text = `${ready} of ${wanted} ready`;
  if (ready >= wanted) return ok(text);
  const [namespace = '', name = ''] = title.split('/');
  const next = `kubectl -n ${namespace} describe deployment ${name}`;
  return ready === 0 ? fault(text, next) : warning(text, next);
}

function replicasOf(deployment: KubeObject): Replicas {
  const { namespace = '', name } = deployment.metadata;
  const { replicas = 1 } = (deployment['spec'] ?? {}) as { replicas?: number };
  const { readyReplicas = 0 } = (deployment['status'] ?? {}) as { readyReplicas?: number };
  return { title: `${namespace}/${name}`, wanted: replicas, ready: readyReplicas };
}

async function labelled(cluster: Cluster, labelSelector: string): Promise<KubeObject[]> {
  const path = '/apis/apps/v1/deployments';
  try {
    const query = { labelSelector };
    const { items } = await cluster.request<{ items: KubeObject[] }>({
      method: 'GET',
      path,
      query,
    });
    return items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
