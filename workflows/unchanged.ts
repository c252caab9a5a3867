import { isCancellation, TemporalFailure } from '@temporalio/workflow';
import type { Look, ObjectKey, Outcome } from '../activities/contract.ts';
import { succeeded } from './outcome.ts';
import { passOf, type PassResult } from './reconcile.ts';
import { comparison } from './stages.ts';

/** What the last good pass was built from, and what it rendered. */
export interface Applied {
  readonly inputs: string;
  readonly renderDigest: string;
  readonly generation: number;
}

/** What a run remembers for the next one; no more than saves work, since it is lost with Temporal's database. */
export interface Memory {
  applied: Applied | undefined;
}

/** What a pass leaves to compare with; nothing where it can not be compared. */
export function appliedBy(
  { generation }: Look,
  { fetched, rendered }: PassResult,
): Applied | undefined {
  if (fetched?.inputs === undefined || !rendered) return undefined;
  return { inputs: fetched.inputs, renderDigest: rendered.digest, generation };
}

/** True where the revision of a look holds, for this object, what is applied already. A comparison that fails leaves it to a pass. */
export async function changesNothing(
  key: ObjectKey,
  look: Look,
  applied: Applied,
): Promise<boolean> {
  if (applied.generation !== look.generation || look.requestedAt !== undefined) return false;
  try {
    return (await comparison.inputs(passOf(key, look))) === applied.inputs;
  } catch (error) {
    // A local activity fails with the failure itself, around which there is no ActivityFailure.
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    return false;
  }
}

/** The outcome of a revision that changes nothing: the status follows it. */
export function noted(look: Look, { renderDigest }: Applied, nextMs: number): Outcome {
  const result = { rendered: { digest: renderDigest, objects: 0 } };
  return succeeded({ look, result, durationMs: 0, nextMs });
}
