import { isCancellation, patched, TemporalFailure } from '@temporalio/workflow';
import type { Look, ObjectKey, Outcome } from '../activities/contract.ts';
import { succeeded } from './outcome.ts';
import { passOf, type PassResult } from './reconcile.ts';
import { shortRevision } from './schedule.ts';
import { comparison, lookOver } from './stages.ts';

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

/**
 * When the interval has passed after a good pass: how many objects stand as they were applied, all of them; undefined where a pass has
 * something to do, or has to find out. It costs a fifth of the history that a pass does.
 */
export async function stillApplied(
  key: ObjectKey,
  look: Look,
  applied: Applied,
): Promise<number | undefined> {
  if (applied.generation !== look.generation || look.requestedAt !== undefined) return undefined;
  if (!patched('interval-look')) return undefined;
  try {
    const summary = `compare with ${shortRevision(look.artifact?.revision ?? '')}`;
    const args = [passOf(key, look), applied.inputs] as const;
    const { objects, differs } = await lookOver.executeWithOptions({ summary }, [...args]);
    return differs === undefined ? objects : undefined;
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    return undefined;
  }
}

/** The outcome of a look, or of a revision, that changes nothing: the status follows it. */
export function noted(
  look: Look,
  { renderDigest }: Applied,
  times: { readonly durationMs: number; readonly nextMs: number },
): Outcome {
  const result = { rendered: { digest: renderDigest, objects: 0 } };
  return succeeded({ look, result, ...times });
}
