import {
  difference,
  entryOf,
  isSameInventory,
  union,
  writeInventory,
  type InventoryEntry,
} from '../cluster/inventory.ts';
import type { Cluster } from '../cluster/client.ts';
import { budgetOf, type DeletionBudget } from '../cluster/deletion-budget.ts';
import { read, type LoadedKustomization } from '../cluster/kustomizations.ts';
import { withNamespaces } from '../cluster/namespace.ts';
import type { PassTools } from '../cluster/pass-tools.ts';
import type { Pass, Pruned } from '../contract.ts';
import { fail } from '../failures.ts';
import { deleteEntries, type Deletions } from './delete-entries.ts';
import { planDeletions } from './plan-deletions.ts';

/**
 * The prune stage: deletes what the inventory holds and the revision does not, and writes the final inventory. What could not be deleted
 * stays in it for the next pass. A set over the deletion budget is parked: all of it stays until exactly this set is approved.
 * Fails with PruneFailed, naming the objects.
 */
export async function pruneStale(
  tools: PassTools,
  maxDeletions: string | undefined,
  pass: Pass,
): Promise<Pruned> {
  const { cluster, rendered, load } = tools;
  const loaded = await load(pass);
  const { spec, status } = loaded;
  const target = await tools.target(loaded, pass);
  const { objects } = await rendered(pass, loaded);
  const current = (await read(() => withNamespaces(target, objects))).map(entryOf);
  const known = status.inventory?.entries ?? [];
  const stale = spec.prune ? difference(known, current) : [];
  const scope = { budget: budgetFor(loaded, maxDeletions), inventorySize: known.length };
  const plan = await planDeletions(target, stale, scope, pass);
  const deletions = await deleteEntries(target, plan.entries, pass.key);
  const { failed } = deletions;
  const left = plan.approved && failed.length > 0 ? plan.entries : failed;
  const final = union(current, [...left, ...(plan.parked?.entries ?? [])]);
  await keepInventory(cluster, pass, { known, final });
  const pruned = prunedOf({ ...deletions, kept: [...plan.kept, ...deletions.kept] });
  return plan.parked ? { ...pruned, parked: plan.parked.summary } : pruned;
}

/** A malformed annotation is refused before a pass begins, so this one came during it. */
function budgetFor(
  { object }: LoadedKustomization,
  maxDeletions: string | undefined,
): DeletionBudget | undefined {
  try {
    return budgetOf(object, maxDeletions);
  } catch (error) {
    throw fail('PruneFailed', error instanceof Error ? error.message : String(error));
  }
}

/** The counts and names of what was deleted; raises PruneFailed where something could not be. */
export function prunedOf({ deleted, kept, failed, faults }: Deletions): Pruned {
  if (failed.length > 0) {
    const more = faults.length > maxFaults ? `; and ${faults.length - maxFaults} more` : '';
    throw fail('PruneFailed', `${faults.slice(0, maxFaults).join('; ')}${more}`);
  }
  return {
    deleted: deleted.slice(0, maxNames),
    kept: kept.slice(0, maxNames),
    counts: { deleted: deleted.length, kept: kept.length },
  };
}

const maxFaults = 10;
/** Histories must stay small: beyond this many names the counts speak. */
const maxNames = 50;

async function keepInventory(
  cluster: Cluster,
  { key }: Pass,
  { known, final }: { known: readonly InventoryEntry[]; final: readonly InventoryEntry[] },
): Promise<void> {
  if (!isSameInventory(known, final)) await writeInventory(cluster, key, final);
}
