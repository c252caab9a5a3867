import { isCancellation, patched, TemporalFailure } from '@temporalio/workflow';
import type { Look, ObjectKey, Outcome, Rechecked } from '../activities/contract.ts';
import { succeeded } from './outcome.ts';
import { passOf, type PassResult } from './reconcile.ts';
import { jittered } from './schedule.ts';
import { lookOver } from './stages.ts';

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
  if (!isOf(applied, look)) return false;
  return (await tried(() => lookOver.inputs(passOf(key, look)))) === applied.inputs;
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
  if (!isOf(applied, look)) return undefined;
  if (!patched('interval-look')) return undefined;
  const compare = isFew(applied) ? lookOver.few : lookOver.many;
  const compared = await tried(() => compare(passOf(key, look), applied.inputs));
  return compared?.differs === undefined ? compared?.objects : undefined;
}

/**
 * The same of few objects, with the look before it and the note after it, in one local activity: what Temporal does for each costs more than
 * what the cluster does. Undefined where that can not be, or failed; then each is done by itself, with its own retries.
 */
export async function recheck(
  key: ObjectKey,
  before: Look,
  applied: Applied,
): Promise<(Rechecked & { readonly outcome: Outcome }) | undefined> {
  if (!isOf(applied, before)) return undefined;
  if (!isFew(applied) || !['sync', 'idle'].includes(before.verdict)) return undefined;
  if (!patched('recheck')) return undefined;
  const outcome = noted(before, applied, {
    durationMs: 0,
    nextMs: jittered(before, Math.random()),
  });
  const { inputs } = applied;
  const found = await tried(() => lookOver.recheck(passOf(key, before), inputs, outcome));
  return found && { ...found, outcome };
}

/** A look at the spec that is applied, without a request of its own. */
function isOf({ generation }: Applied, look: Look): boolean {
  return generation === look.generation && look.requestedAt === undefined;
}

/** From so many objects on a comparison takes long enough to be a task of its own. */
const many = 100;

function isFew({ objects = many }: Applied): boolean {
  return objects < many;
}

/** Undefined where it failed. A local activity fails with the failure itself, around which there is no ActivityFailure. */
async function tried<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
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
