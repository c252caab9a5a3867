import type { Cluster } from '../cluster/client.ts';
import { parseDuration } from '../../api/index.ts';
import { recordEvent } from '../cluster/events.ts';
import { refOfEntry, type InventoryEntry } from '../cluster/inventory.ts';
import type { LoadedKustomization } from '../cluster/kustomizations.ts';
import type { ObjectKey, Pruned } from '../contract.ts';
import { deleteEntries } from './delete-entries.ts';
import { prunedOf } from './prune-stale.ts';

/**
 * Deletes everything in the inventory of a Kustomization that is being deleted, as its deletion policy says. A suspended one leaves
 * everything. WaitForTermination waits until the objects are gone, at most for the time-out of the Kustomization.
 */
export async function pruneAll(
  cluster: Cluster,
  loaded: LoadedKustomization,
  key: ObjectKey,
): Promise<Pruned> {
  const { spec, status, object } = loaded;
  const entries = status.inventory?.entries ?? [];
  const policy = spec.deletionPolicy ?? 'MirrorPrune';
  const deletes = policy === 'MirrorPrune' ? spec.prune : policy !== 'Orphan';
  if (spec.suspend || !deletes || entries.length === 0) return prunedOf(nothing);
  const pruned = prunedOf(await deleteEntries(cluster, entries, key));
  if (policy !== 'WaitForTermination') return pruned;
  const left = await waitUntilGone(cluster, entries, timeoutOf(loaded));
  if (left > 0) {
    const message = `${left} objects are still there after the time-out; look at their finalizers`;
    const component = 'kustomize-controller';
    await recordEvent(cluster, {
      object,
      type: 'Warning',
      reason: 'PruneFailed',
      message,
      component,
    });
  }
  return pruned;
}

const nothing = { deleted: [], kept: [], failed: [], faults: [] };

function timeoutOf({ spec }: LoadedKustomization): number {
  const wanted = spec.timeout ? parseDuration(spec.timeout) : parseDuration(spec.interval) - 30_000;
  return Math.max(wanted, 30_000);
}

async function waitUntilGone(
  cluster: Cluster,
  entries: readonly InventoryEntry[],
  timeoutMs: number,
): Promise<number> {
  let left = entries.map(refOfEntry).filter((ref) => ref !== undefined);
  for (const deadline = Date.now() + timeoutMs; ;) {
    const found = await Promise.all(left.map((ref) => cluster.get(ref)));
    // What a guard kept is not being deleted, and so is not waited for.
    left = left.filter((_, at) => found[at]?.metadata.deletionTimestamp !== undefined);
    if (left.length === 0 || Date.now() > deadline) return left.length;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
