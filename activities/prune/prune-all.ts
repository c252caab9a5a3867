import type { Cluster } from '../cluster/client.ts';
import { parseDuration } from '../../api/index.ts';
import { recordEvent } from '../cluster/events.ts';
import { refOfEntry, type InventoryEntry } from '../cluster/inventory.ts';
import type { LoadedKustomization } from '../cluster/kustomizations.ts';
import { getServed } from '../cluster/served.ts';
import type { Targets } from '../cluster/targets.ts';
import type { ObjectKey, Pruned } from '../contract.ts';
import { deleteEntries } from './delete-entries.ts';
import { prunedOf } from './prune-stale.ts';

/**
 * Deletes everything in the inventory of a Kustomization that is being deleted, as its deletion policy says. A suspended one leaves
 * everything, and so does one whose account or kubeconfig is gone. WaitForTermination waits until the objects are gone, at most for the time-out of the
 * Kustomization. The deletion budget does not apply: whoever deletes the object means all of it.
 */
export async function pruneAll(
  { cluster, targets }: { readonly cluster: Cluster; readonly targets: Targets },
  loaded: LoadedKustomization,
  key: ObjectKey,
): Promise<Pruned> {
  const entries = entriesToDelete(loaded);
  if (entries.length === 0) return prunedOf(nothing);
  const missing = await targets.missing(loaded, key);
  if (missing) {
    await warn(cluster, loaded, `unable to prune objects: ${missing}; they are left as they are`);
    return prunedOf(nothing);
  }
  const target = await targets.open(loaded, key);
  const pruned = prunedOf(await deleteEntries(target, entries, key));
  if (loaded.spec.deletionPolicy !== 'WaitForTermination') return pruned;
  const left = await waitUntilGone(target, entries, timeoutOf(loaded));
  if (left > 0) {
    const advice = 'look at their finalizers';
    await warn(cluster, loaded, `${left} objects are still there after the time-out; ${advice}`);
  }
  return pruned;
}

async function warn(
  cluster: Cluster,
  { object }: LoadedKustomization,
  message: string,
): Promise<void> {
  const component = 'kustomize-controller';
  const event = { object, type: 'Warning', reason: 'PruneFailed', message, component } as const;
  await recordEvent(cluster, event);
}

function entriesToDelete({ spec, status }: LoadedKustomization): readonly InventoryEntry[] {
  const { suspend, prune, deletionPolicy = 'MirrorPrune' } = spec;
  const deletes = deletionPolicy === 'MirrorPrune' ? prune : deletionPolicy !== 'Orphan';
  return suspend || !deletes ? [] : (status.inventory?.entries ?? []);
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
    const found = await Promise.all(left.map((ref) => getServed(cluster, ref)));
    // What a guard kept is not being deleted, and so is not waited for.
    left = left.filter((_, at) => found[at]?.metadata.deletionTimestamp !== undefined);
    if (left.length === 0 || Date.now() > deadline) return left.length;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
