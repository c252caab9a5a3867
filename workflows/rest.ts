import type { Look, ObjectKey, Outcome } from '../activities/contract.ts';
import type { Inbox } from './inbox.ts';
import type { Journal } from './journal.ts';
import { jittered } from './schedule.ts';
import { records } from './stages.ts';
import { msUntil } from './suspension.ts';
import { noted, recheck, stillApplied, type Memory } from './unchanged.ts';
import { isFailure, waitInWords } from './wait-words.ts';

/** What people and messages reach a run through. */
export interface RunParts {
  readonly journal: Journal;
  readonly inbox: Inbox;
  readonly memory: Memory;
}

/** The wait between two passes. */
export interface Rest {
  readonly before: Look;
  readonly retry: boolean;
  /** When it is over, in milliseconds of the epoch; never where only a message can end it. */
  readonly deadline: number | undefined;
  /** When to look at a dependency that lags, should no event tell of it; in milliseconds of the epoch. */
  readonly lookAt?: number | undefined;
}

/** The wait that follows a pass, or a look that led to none. */
export function restAfter(
  key: ObjectKey,
  before: Look,
  outcome: Outcome | undefined,
  journal: Journal,
): Rest {
  const retry = isFailure(outcome);
  const delay = delayOf(before, outcome);
  const words = waitInWords(key, { before, outcome, nextMs: delay });
  journal.waits({ ...words, ...standing(before, outcome) });
  return { before, retry, deadline: delay === undefined ? undefined : Date.now() + delay };
}

/** The wait that follows an outcome that was noted without a pass; `doing` tells in words what was found. */
export function restFrom(
  key: ObjectKey,
  before: Look,
  { outcome, doing }: { readonly outcome: Outcome; readonly doing: string },
  journal: Journal,
): Rest {
  const { nextMs } = outcome;
  journal.waits({ ...waitInWords(key, { before, outcome, nextMs }), doing });
  return { before, retry: false, deadline: Date.now() + nextMs };
}

/** The wait that follows where nothing has changed since the last good pass, when its interval has passed and a look was taken. */
export async function restAsApplied(
  key: ObjectKey,
  look: Look,
  { retry }: Rest,
  { journal, memory }: RunParts,
): Promise<Rest | undefined> {
  const { applied } = memory;
  if (retry || !applied || !['sync', 'idle'].includes(look.verdict)) return undefined;
  const begun = Date.now();
  const objects = await stillApplied(key, look, applied);
  if (objects === undefined) return undefined;
  const times = { durationMs: Date.now() - begun, nextMs: jittered(look, Math.random()) };
  const outcome = noted(look, applied, times);
  await records.conclude(key, outcome);
  return restFrom(key, look, { outcome, doing: comparedInWords(objects) }, journal);
}

/** What the end of an interval came to, when one step looked, compared and noted. */
export interface IntervalEnd {
  readonly look: Look;
  /** The wait that follows where nothing has changed. */
  readonly rest?: Rest;
  /** True where a pass has something to do. */
  readonly differs?: boolean;
}

/** Looks, compares and notes in one step where the wait is that of a good pass; undefined where it is another one, or the step failed. */
export async function restInOneStep(
  key: ObjectKey,
  { before, retry, lookAt }: Rest,
  { journal, memory }: RunParts,
): Promise<IntervalEnd | undefined> {
  if (retry || lookAt !== undefined || !memory.applied) return undefined;
  const found = await recheck(key, before, memory.applied);
  if (!found) return undefined;
  const { look, objects, differs, outcome } = found;
  if (objects === undefined || differs !== undefined)
    return { look, differs: objects !== undefined };
  return { look, rest: restFrom(key, look, { outcome, doing: comparedInWords(objects) }, journal) };
}

function comparedInWords(objects: number): string {
  return `compared ${objects} object${objects === 1 ? '' : 's'}: as applied`;
}

/** A pass has told how it ended; without one the look tells how things stand. */
function standing(before: Look, outcome: Outcome | undefined): { doing?: string } {
  return outcome ? {} : { doing: before.why };
}

function delayOf(before: Look, outcome: Outcome | undefined): number | undefined {
  if (before.resumeAt !== undefined) return msUntil(before.resumeAt);
  if (before.verdict === 'suspended') return undefined;
  return outcome?.nextMs ?? jittered(before, Math.random());
}
