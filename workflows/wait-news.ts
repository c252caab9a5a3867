import { patched } from '@temporalio/workflow';
import type { Look, ObjectKey } from '../activities/contract.ts';
import { causeOfDemand, isNew, type Cause } from './idle.ts';
import type { Inbox } from './inbox.ts';
import type { PassResult } from './reconcile.ts';
import { records } from './stages.ts';
import { appliedBy, changesNothing } from './unchanged.ts';

/** What a health wait is for after a message: a look at the newest revision that it holds for, and what ends it, if anything does. */
export interface WaitNews {
  readonly look: Look;
  readonly cause?: Cause;
}

/**
 * Looks again during a health wait. A revision that changes nothing of what was built leaves the wait as it is and is what the pass then
 * tells of: in a repository with many commits no check would ever come to its end otherwise.
 */
export async function newsDuringWait(
  key: ObjectKey,
  before: Look,
  inbox: Inbox,
  result: PassResult,
): Promise<WaitNews> {
  const look = await records.observe(key);
  if (isNew(before, look)) {
    if (await holdsFor(key, before, look, result)) return { look, ...demanded(inbox) };
    return { look: before, cause: { trigger: look.trigger ?? 'source', why: look.why } };
  }
  return { look: before, ...demanded(inbox) };
}

function demanded({ demand }: Inbox): { cause?: Cause } {
  return demand ? { cause: causeOfDemand(demand) } : {};
}

async function holdsFor(
  key: ObjectKey,
  before: Look,
  { requestedAt, ...look }: Look,
  result: PassResult,
): Promise<boolean> {
  const built = appliedBy(before, result);
  // A request that came before the pass is still in the object while the pass answers it.
  if (!built || look.verdict !== 'sync' || requestedAt !== before.requestedAt) return false;
  return patched('health-wait-goes-on') && changesNothing(key, look, built);
}
