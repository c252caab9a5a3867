import { createHash } from 'node:crypto';
import { ApiError, isUnavailable } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import type { DeletionBudget } from '../cluster/deletion-budget.ts';
import { refOfEntry, type InventoryEntry } from '../cluster/inventory.ts';
import { mapLimited } from '../cluster/limit.ts';
import { describeRef } from '../cluster/object.ts';
import type { Parked, Pass } from '../contract.ts';
import { fail } from '../failures.ts';
import { concurrency, forgetVersions, standingOf } from './delete-entries.ts';

/** What is to be done with the stale entries of an inventory. */
export interface DeletionPlan {
  /** To be deleted now, or nothing where they are parked. */
  readonly entries: readonly InventoryEntry[];
  /** Names of what a guard keeps, as far as the plan had to look. */
  readonly kept: readonly string[];
  /** These exceed the budget and stay, in the cluster and in the inventory. */
  readonly parked?: { readonly entries: readonly InventoryEntry[]; readonly summary: Parked };
  /** A person approved exactly these: until all are gone, the inventory keeps all, so that a retry works on the same set. */
  readonly approved: boolean;
}

/**
 * Decides whether stale entries may be deleted. The objects are looked at only where the entries outnumber the budget, since those that
 * a guard keeps, or that are gone, cost nothing of it.
 */
export async function planDeletions(
  cluster: Cluster,
  stale: readonly InventoryEntry[],
  { budget, inventorySize }: { budget: DeletionBudget | undefined; inventorySize: number },
  { key, approved }: Pass,
): Promise<DeletionPlan> {
  const limit = budget?.limit(inventorySize);
  if (!budget || limit === undefined || stale.length <= limit) {
    return { entries: stale, kept: [], approved: false };
  }
  const { deletable, gone, kept } = await survey(cluster, stale, key);
  // What is gone still counts here, so that a prune that died half-way goes on under the same approval.
  const entries = [...deletable, ...gone];
  if (deletable.length <= limit) return { entries, kept, approved: false };
  if (approved === digestOf(entries)) return { entries, kept, approved: true };
  const share = budget.text.endsWith('%') ? ` (${limit} of ${inventorySize})` : '';
  const names = deletable.map(nameOf).sort();
  const summary = {
    digest: digestOf(deletable),
    count: deletable.length,
    budget: `${budget.text}${share}`,
    names: names.slice(0, maxNames),
  };
  return { entries: [], kept, approved: false, parked: { entries: deletable, summary } };
}

/** The digest that names a set of inventory entries, whatever their order. */
export function digestOf(entries: readonly InventoryEntry[]): string {
  const ids = entries.map(({ id }) => id).sort();
  return `sha256:${createHash('sha256').update(ids.join('\n')).digest('hex')}`;
}

/** Histories must stay small: beyond this many names the count speaks. */
const maxNames = 50;

interface Survey {
  readonly deletable: InventoryEntry[];
  readonly gone: InventoryEntry[];
  readonly kept: string[];
}

async function survey(
  cluster: Cluster,
  entries: readonly InventoryEntry[],
  key: Pass['key'],
): Promise<Survey> {
  const found: Survey = { deletable: [], gone: [], kept: [] };
  forgetVersions(cluster, entries);
  await mapLimited(entries, concurrency, async (entry) => {
    const ref = refOfEntry(entry);
    if (!ref) return;
    try {
      const standing = await standingOf(cluster, ref, key);
      if (standing === 'kept') found.kept.push(describeRef(ref));
      else found[standing === 'gone' ? 'gone' : 'deletable'].push(entry);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isUnavailable(error)) {
        throw fail('ClusterUnavailable', `${describeRef(ref)}: ${error.message}`);
      }
      // It can not be seen, so it may be there; the deletion will tell what is wrong.
      found.deletable.push(entry);
    }
  });
  return found;
}

function nameOf(entry: InventoryEntry): string {
  const ref = refOfEntry(entry);
  return ref ? describeRef(ref) : entry.id;
}
