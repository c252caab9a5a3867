import { ApiError } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { mapLimited } from '../cluster/limit.ts';
import { refOf, type KubeObject, type ObjectMeta } from '../cluster/object.ts';
import { selectorOf } from '../cluster/selector.ts';
import { metadataOnly } from '../cluster/watch-stream.ts';

/** What is listed, and how. */
export interface VersionSearch {
  readonly cluster: Cluster;
  /** API calls in flight. */
  readonly concurrency: number;
  /** Labels that all the objects carry. */
  readonly labels: Record<string, string>;
}

/** Fewer objects than this of a kind and namespace are read one by one: a list makes the API server look at everything there is of the kind. */
const minListed = 10;

/**
 * The metadata of many live objects by a list for each kind and namespace. An object that is not among them may be there all the same:
 * without the label, without leave to list its kind, or as one of few.
 */
export async function listVersions(
  { cluster, concurrency, labels }: VersionSearch,
  objects: readonly KubeObject[],
): Promise<Map<KubeObject, ObjectMeta>> {
  const groups = grouped(objects).filter(({ length }) => length >= minListed);
  const labelSelector = selectorOf(labels);
  const found = await mapLimited(groups, concurrency, async (group) => {
    const live = await list(cluster, group, labelSelector);
    return group.flatMap((object): [KubeObject, ObjectMeta][] => {
      const metadata = live.get(object.metadata.name);
      return metadata ? [[object, metadata]] : [];
    });
  });
  return new Map(found.flat());
}

function grouped(objects: readonly KubeObject[]): KubeObject[][] {
  const groups = new Map<string, KubeObject[]>();
  for (const object of objects) {
    const place = [object.apiVersion, object.kind, object.metadata.namespace].join(' ');
    const group = groups.get(place);
    if (group) group.push(object);
    else groups.set(place, [object]);
  }
  return [...groups.values()];
}

async function list(
  cluster: Cluster,
  [first]: readonly KubeObject[],
  labelSelector: string,
): Promise<Map<string, ObjectMeta>> {
  if (!first) return new Map();
  try {
    const path = await cluster.path({ ...refOf(first), name: '' });
    const query = { labelSelector };
    const accept = metadataOnly.list;
    const { items } = await cluster.request<{ items: Pick<KubeObject, 'metadata'>[] }>({
      method: 'GET',
      path,
      query,
      accept,
    });
    return new Map(items.map(({ metadata }) => [metadata.name, metadata]));
  } catch (error) {
    // Reading them one by one tells what is wrong, and on which object.
    if (error instanceof ApiError) return new Map();
    throw error;
  }
}
