import { ApiError, isNotFound, isUnavailable } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { refOfEntry, type InventoryEntry } from '../cluster/inventory.ts';
import { mapLimited } from '../cluster/limit.ts';
import { describeRef, type KubeObject, type ObjectRef } from '../cluster/object.ts';
import { groupByRank } from '../cluster/order.ts';
import { isOwned } from '../cluster/owner.ts';
import { getServed } from '../cluster/served.ts';
import { deleteObject } from '../cluster/server-side-apply.ts';
import { isKept } from '../cluster/switches.ts';
import type { ObjectKey } from '../contract.ts';
import { fail } from '../failures.ts';

/** What became of the entries that were to be deleted. */
export interface Deletions {
  readonly deleted: readonly string[];
  /** Kept by a guard: another owner, or a switch on the object. */
  readonly kept: readonly string[];
  readonly failed: readonly InventoryEntry[];
  /** Why, one text for each that failed. */
  readonly faults: readonly string[];
}

interface Entry {
  readonly entry: InventoryEntry;
  readonly ref: ObjectRef;
}

/**
 * Deletes the objects of inventory entries in the reverse of the order of application. Only an object that still carries the owner
 * labels of this Kustomization, and that no switch protects, is deleted; one that is gone already counts as done.
 */
export async function deleteEntries(
  cluster: Cluster,
  entries: readonly InventoryEntry[],
  key: ObjectKey,
): Promise<Deletions> {
  const result = {
    deleted: [] as string[],
    kept: [] as string[],
    failed: [] as InventoryEntry[],
    faults: [] as string[],
  };
  forgetVersions(cluster, entries);
  const known = entries.flatMap((entry): Entry[] => {
    const ref = refOfEntry(entry);
    return ref ? [{ entry, ref }] : [];
  });
  const groups = groupByRank(known, ({ ref }) => ref).reverse();
  for (const group of groups) {
    await mapLimited(group, concurrency, async ({ entry, ref }) => {
      const title = describeRef(ref);
      try {
        const end = await deleteOne(cluster, ref, key);
        if (end !== 'gone') result[end].push(title);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (isUnavailable(error)) throw fail('ClusterUnavailable', `${title}: ${error.message}`);
        result.failed.push(entry);
        result.faults.push(`${title} delete failed (${error.reason}): ${error.message}`);
      }
    });
  }
  return result;
}

/** Before entries are looked for: a version that was served when it was last asked for may not be any more. */
export function forgetVersions(cluster: Cluster, entries: readonly InventoryEntry[]): void {
  if (entries.length > 0) cluster.discovery.forget();
}

/** How many objects are looked at or deleted at a time. */
export const concurrency = 8;

/** The live object where it may be deleted; `kept` where another owns it or a switch protects it, `gone` where it is not there. */
export async function standingOf(
  cluster: Cluster,
  ref: ObjectRef,
  key: ObjectKey,
): Promise<KubeObject | 'kept' | 'gone'> {
  const live = await getServed(cluster, ref);
  if (!live) return 'gone';
  return isOwned(live, key) && !isKept(live) ? live : 'kept';
}

async function deleteOne(
  cluster: Cluster,
  ref: ObjectRef,
  key: ObjectKey,
): Promise<'deleted' | 'kept' | 'gone'> {
  const standing = await standingOf(cluster, ref, key);
  if (standing === 'kept' || standing === 'gone') return standing;
  try {
    await deleteObject(cluster, standing);
    return 'deleted';
  } catch (error) {
    if (isNotFound(error)) return 'gone';
    throw error;
  }
}
