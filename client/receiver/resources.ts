import type { Receiver } from '../../api/index.ts';
import { ApiError } from '../../activities/cluster/api-error.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject, ObjectRef } from '../../activities/cluster/object.ts';
import { metadataOnly } from '../../activities/cluster/watch-stream.ts';

/** One row of spec.resources. */
export type ResourceRow = Receiver['spec']['resources'][number];

/** How objects are found. */
export interface Finding {
  readonly cluster: Cluster;
  /** Namespace of the Receiver. */
  readonly namespace: string;
  readonly noCrossNamespaceRefs: boolean;
  /** Reads whole objects, and not their metadata alone. */
  readonly whole: boolean;
}

/**
 * The objects that a row of spec.resources names, with apiVersion and kind. Raises an Error that says what is wrong with the row, and
 * ApiError where the object or its kind is not there.
 */
export async function objectsOf(row: ResourceRow, finding: Finding): Promise<KubeObject[]> {
  const apiVersion = row.apiVersion ?? '';
  const known = apiVersion === '' ? defaultVersions[row.kind] : apiVersion;
  const title = `resources: ${row.kind}/${row.namespace ?? finding.namespace}/${row.name}`;
  if (known === undefined) throw new Error(`${title} needs an apiVersion`);
  const namespace = row.namespace ?? finding.namespace;
  if (finding.noCrossNamespaceRefs && namespace !== finding.namespace)
    throw new Error(`${title} is in another namespace, which --no-cross-namespace-refs forbids`);
  const at = { apiVersion: known, kind: row.kind, namespace };
  if (row.name === '*') {
    if (!row.matchLabels) throw new Error(`${title} needs matchLabels`);
    return listed(at, row.matchLabels, finding);
  }
  return [await one({ ...at, name: row.name }, finding)];
}

/** The versions of kinds that Flux lets a Receiver leave out. */
const defaultVersions: Partial<Record<ResourceRow['kind'], string>> = {
  Bucket: 'source.toolkit.fluxcd.io/v1',
  GitRepository: 'source.toolkit.fluxcd.io/v1',
  HelmChart: 'source.toolkit.fluxcd.io/v1',
  HelmRepository: 'source.toolkit.fluxcd.io/v1',
  OCIRepository: 'source.toolkit.fluxcd.io/v1',
  ImageRepository: 'image.toolkit.fluxcd.io/v1',
  ArtifactGenerator: 'source.extensions.fluxcd.io/v1beta1',
};

async function one(ref: ObjectRef, { cluster, whole }: Finding): Promise<KubeObject> {
  const path = await cluster.path(ref);
  const accept = whole ? undefined : metadataOnly.one;
  const { metadata, ...rest } = await cluster.request<KubeObject>({ method: 'GET', path, accept });
  return { ...rest, metadata, apiVersion: ref.apiVersion, kind: ref.kind };
}

async function listed(
  at: Omit<ObjectRef, 'name'>,
  labels: Readonly<Record<string, string>>,
  { cluster, whole }: Finding,
): Promise<KubeObject[]> {
  const path = await cluster.path({ ...at, name: '' });
  const labelSelector = Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
  const query = { limit: String(maxObjects), ...(labelSelector ? { labelSelector } : {}) };
  const accept = whole ? undefined : metadataOnly.list;
  const list = await cluster.request<{
    items: KubeObject[] | null;
    metadata: { continue?: string };
  }>({ method: 'GET', path, query, accept });
  if (list.metadata.continue)
    throw new ApiError(413, 'TooMany', `more than ${maxObjects} objects carry the labels`);
  const { apiVersion, kind } = at;
  return (list.items ?? []).map((item) => ({ ...item, apiVersion, kind }));
}

/** No webhook wakes more at once. */
const maxObjects = 5000;
