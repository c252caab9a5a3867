import type { Cluster } from '../cluster/client.ts';
import {
  loadKustomization,
  patchKustomization,
  type LoadedKustomization,
} from '../cluster/kustomizations.ts';
import { recordEvent } from '../cluster/events.ts';
import type { ObjectKey, Pruned } from '../contract.ts';

/** Deletes what an inventory holds by the deletion policy; given by the prune stage. */
export type PruneAll = (loaded: LoadedKustomization, key: ObjectKey) => Promise<Pruned>;

/** Ends a deleted Kustomization: its objects first, then the finalizer. An object that is gone already counts as ended. */
export async function finalize(
  cluster: Cluster,
  pruneAll: PruneAll,
  key: ObjectKey,
): Promise<Pruned> {
  const loaded = await loadKustomization(cluster, key);
  if (!loaded) return { deleted: [], kept: [], counts: { deleted: 0, kept: 0 } };
  const pruned = await pruneAll(loaded, key);
  if (pruned.deleted.length > 0) {
    const message = pruned.deleted.map((name) => `${name} deleted`).join('\n');
    const component = 'kustomize-controller';
    const { object, status } = loaded;
    const revision = status.lastAppliedRevision;
    const annotations = revision ? { 'kustomize.toolkit.fluxcd.io/revision': revision } : {};
    const event = { object, type: 'Normal', reason: 'Deleted', message, component } as const;
    await recordEvent(cluster, { ...event, annotations });
  }
  await removeFinalizer(cluster, key, loaded);
  return pruned;
}

async function removeFinalizer(
  cluster: Cluster,
  key: ObjectKey,
  { object }: LoadedKustomization,
): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== 'finalizers.fluxcd.io',
  );
  await patchKustomization(cluster, key, { metadata: { finalizers } });
}
