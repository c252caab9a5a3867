import { isNotFound } from '../../activities/cluster/api-error.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import { mergePatch } from '../../activities/cluster/merge-patch.ts';
import { refOf, type KubeObject } from '../../activities/cluster/object.ts';
import { CliError } from './failure.ts';
import type { Kind } from './kinds.ts';

/** The parts of a custom resource that the commands show. */
export interface Resource extends KubeObject {
  readonly spec: {
    readonly suspend?: boolean;
    readonly url?: string;
    readonly path?: string;
    readonly sourceRef?: {
      readonly kind: string;
      readonly name: string;
      readonly namespace?: string;
    };
  };
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
    readonly artifact?: { readonly revision: string };
    readonly lastAppliedRevision?: string;
    readonly lastHandledReconcileAt?: string;
    readonly inventory?: { readonly entries: readonly unknown[] };
  };
}

/** One object; raises CliError where it is not there. */
export async function objectOf(
  cluster: Cluster,
  { apiVersion, kind }: Kind,
  namespace: string,
  name: string,
): Promise<Resource> {
  const found = await cluster.get({ apiVersion, kind, namespace, name });
  if (found) return { spec: {}, status: {}, ...found };
  throw new CliError(
    `${kind}/${namespace}/${name} is not there`,
    `sluice get ${kind.toLowerCase()} -A lists what is`,
  );
}

/** The objects of a kind in a namespace, or in all of them; none where the kind is not installed. */
export async function objectsOf(
  cluster: Cluster,
  kind: Kind,
  namespace: string | undefined,
): Promise<{ items: Resource[]; resourceVersion: string; path: string } | undefined> {
  const path = await collectionPath(cluster, kind, namespace);
  if (!path) return undefined;
  const list = await cluster.request<{
    items: KubeObject[];
    metadata: { resourceVersion: string };
  }>({ method: 'GET', path });
  const { apiVersion, kind: name } = kind;
  const items = list.items.map((item) => ({
    spec: {},
    status: {},
    ...item,
    // Lists leave them out of their items.
    apiVersion,
    kind: name,
  }));
  return { items, resourceVersion: list.metadata.resourceVersion, path };
}

/** The condition Ready of an object. */
export function readyOf({
  status,
}: Resource): NonNullable<Resource['status']['conditions']>[number] | undefined {
  return status.conditions?.find(({ type }) => type === 'Ready');
}

/** Changes an object with a merge patch. */
export async function patchObject(cluster: Cluster, object: Resource, body: object): Promise<void> {
  await mergePatch(cluster, refOf(object), body, { manager: 'sluice' });
}

async function collectionPath(
  cluster: Cluster,
  { apiVersion, kind }: Kind,
  namespace: string | undefined,
): Promise<string | undefined> {
  try {
    return await cluster.path({ apiVersion, kind, namespace, name: '' });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
