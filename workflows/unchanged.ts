import { isCancellation, patched, TemporalFailure } from '@temporalio/workflow';
import type { Look, ObjectKey, Outcome } from '../activities/contract.ts';
import { succeeded } from './outcome.ts';
import { passOf, type PassResult } from './reconcile.ts';
import { comparison, lookOver } from './stages.ts';

/** What the last good pass was built from, and what it rendered. */
export interface Applied {
  readonly inputs: string;
  readonly renderDigest: string;
  readonly generation: number;
  /** How many objects it rendered; unknown of passes before it was told. */
  readonly objects?: number;
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
  const { digest: renderDigest, objects } = rendered;
  return { inputs: fetched.inputs, renderDigest, generation, objects };
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
 * something to do, or has to find out.
 */
export async function stillApplied(
  key: ObjectKey,
  look: Look,
  applied: Applied,
): Promise<number | undefined> {
  if (applied.generation !== look.generation || look.requestedAt !== undefined) return undefined;
  if (!patched('interval-look')) return undefined;
  try {
    const compare = (applied.objects ?? many) < many ? lookOver.few : lookOver.many;
    const { objects, differs } = await compare(passOf(key, look), applied.inputs);
    return differs === undefined ? objects : undefined;
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    return undefined;
  }
}

/** From so many objects on a comparison takes long enough to be a task of its own. */
const many = 100;

/** The outcome of a look, or of a revision, that changes nothing: the status follows it. */
export function noted(
  look: Look,
  { renderDigest }: Applied,
  times: { readonly durationMs: number; readonly nextMs: number },
): Outcome {
  const result = { rendered: { digest: renderDigest, objects: 0 } };
  return succeeded({ look, result, ...times });
}
