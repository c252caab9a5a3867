import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';

/** Applies manifests, namespaces first; raises ApiError for the first that is refused. */
export async function applyAll(cluster: Cluster, manifests: string): Promise<void> {
  const objects = parseAllDocuments(manifests)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
  const isFirst = ({ kind }: KubeObject): boolean => kind === 'Namespace';
  for (const object of [...objects.filter(isFirst), ...objects.filter((one) => !isFirst(one))]) {
    // The same manager as the Kustomization that goes on with them.
    await serverSideApply(cluster, object);
  }
}
