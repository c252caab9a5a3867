import { condition, workflowInfo } from '@temporalio/workflow';
import type { Look, ObjectKey, Outcome, Trigger } from '../activities/contract.ts';
import type { Inbox } from './inbox.ts';
import type { Wake } from './messages.ts';
import {
  restAfter,
  restAsApplied,
  restFrom,
  restInOneStep,
  type IntervalEnd,
  type Rest,
  type RunParts,
} from './rest.ts';
import { inWords, jittered, shortRevision } from './schedule.ts';
import { records } from './stages.ts';
import { endSuspension } from './suspension.ts';
import { changesNothing, noted } from './unchanged.ts';
import { isOutdated } from './version.ts';
import { waitInWords } from './wait-words.ts';

/** Why the next pass runs. */
export interface Cause {
  readonly trigger: Trigger;
  readonly why: string;
}

/** Waits for the timer or for news after a pass; a message that brings nothing new costs one look and no run. */
export async function idle(
  key: ObjectKey,
  before: Look,
  outcome: Outcome | undefined,
  parts: RunParts,
): Promise<Cause> {
  if (outcome?.result === 'canceled') return causeOfEnd(outcome);
  let rest = restAfter(key, before, outcome, parts.journal);
  for (;;) {
    const woken = await sleep(parts.inbox, rest);
    const resumed = await endSuspension('Kustomization', key, rest.before.resumeAt);
    if (resumed) return resumed;
    const isOver = !woken && !causeOfHandOver(parts.inbox);
    const rechecked = isOver ? await restInOneStep(key, rest, parts) : undefined;
    const next =
      rechecked?.rest ?? (await afterLook(key, { woken, rechecked, rest, outcome }, parts));
    if ('trigger' in next) return next;
    rest = next;
  }
}

/** How a wait ended, and what it was. */
interface End {
  readonly woken: boolean;
  /** What was found at the end of the interval, where one step did all that. */
  readonly rechecked: IntervalEnd | undefined;
  readonly rest: Rest;
  readonly outcome: Outcome | undefined;
}

async function afterLook(
  key: ObjectKey,
  { woken, rechecked, rest, outcome }: End,
  parts: RunParts,
): Promise<Cause | Rest> {
  const look = rechecked?.look ?? (await records.observe(key));
  const judged = await judge(key, { look, rest, outcome }, parts);
  if (woken || 'trigger' in judged) return judged;
  // What it waits for wakes it; the timer is only a safety net, and no sync to remember.
  if (look.verdict === 'waiting') return { ...judged, deadline: Date.now() + look.retryMs };
  const again = rechecked?.differs ? undefined : await restAsApplied(key, look, judged, parts);
  return again ?? timeIsUp(judged.retry);
}

/** What a look during the wait leads to: the cause of the next pass, or the wait that goes on. */
async function judge(
  key: ObjectKey,
  { look, rest, outcome }: { look: Look; rest: Rest; outcome: Outcome | undefined },
  parts: RunParts,
): Promise<Cause | Rest> {
  const { before } = rest;
  const cause = causeOf(before, look, parts) ?? budgetCause(before, look, outcome);
  const followed = cause && (await follow(key, look, { cause, rest }, parts));
  if (cause && !followed) return cause;
  return causeOfHandOver(parts.inbox) ?? followed ?? asBefore(key, { look, rest, outcome }, parts);
}

/** Where the cause is a revision that changes nothing here, the wait goes on. */
async function follow(
  key: ObjectKey,
  look: Look,
  { cause, rest }: { readonly cause: Cause; readonly rest: Rest },
  { journal, memory }: RunParts,
): Promise<Rest | undefined> {
  const { applied } = memory;
  if (!applied || !canFollow(look, cause, rest)) return undefined;
  if (!(await changesNothing(key, look, applied))) return undefined;
  const revision = look.artifact?.revision ?? '';
  const doing = `${shortRevision(revision)} changes nothing here`;
  if (look.verdict === 'waiting') {
    const words = waitInWords(key, { before: look, outcome: undefined, nextMs: look.retryMs });
    journal.waits({ ...words, doing: `${doing}; ${look.why}` });
    return { ...rest, lookAt: Date.now() + look.retryMs };
  }
  const left = rest.retry || rest.deadline === undefined ? undefined : rest.deadline - Date.now();
  const nextMs = left ?? jittered(look, Math.random());
  const outcome = noted(look, applied, { durationMs: 0, nextMs });
  await records.conclude(key, outcome);
  journal.revised(revision);
  return restFrom(key, look, { outcome, doing }, journal);
}

/** A revision that can be noted at once, or when a dependency that works on it has reached it; till then all stays as it is. */
function canFollow(look: Look, { trigger }: Cause, { before }: Rest): boolean {
  if (look.verdict === 'sync') return trigger === 'source';
  const isGood = before.verdict === 'sync' || before.verdict === 'idle';
  return isGood && look.dependencyLags === true && ['source', 'dependency'].includes(trigger);
}

/** The wait without what it was for: a dependency lags no more where its source went back to the revision that is applied. */
function asBefore(
  key: ObjectKey,
  { look, rest, outcome }: { look: Look; rest: Rest; outcome: Outcome | undefined },
  { journal }: RunParts,
): Rest {
  const { before, deadline, lookAt } = rest;
  if (lookAt === undefined) return rest;
  const nextMs = deadline === undefined ? undefined : deadline - Date.now();
  journal.waits({ ...waitInWords(key, { before, outcome, nextMs }), doing: look.why });
  return { ...rest, lookAt: undefined };
}

/** A run that goes on as another one without a pass. */
function causeOfHandOver({ movesTo }: Inbox): Cause | undefined {
  if (movesTo) return { trigger: 'start', why: `moved to the task queue ${movesTo}` };
  if (isOutdated()) return { trigger: 'start', why: 'a newer version of the workers' };
  return workflowInfo().continueAsNewSuggested
    ? { trigger: 'start', why: 'a long history' }
    : undefined;
}

function causeOfEnd({ supersededBy = 'source', message }: Outcome): Cause {
  return { trigger: supersededBy, why: message };
}

/** Another budget is news only to those whose deletions are parked. */
function budgetCause(before: Look, now: Look, outcome: Outcome | undefined): Cause | undefined {
  if (outcome?.result !== 'parked' || before.budget === now.budget) return undefined;
  return { trigger: 'spec', why: `the deletion budget is now ${now.budget ?? 'the default'}` };
}

/** True when a look shows something that the look before it did not. */
export function isNew(before: Look, now: Look): boolean {
  const asked = now.requestedAt !== undefined && now.requestedAt !== before.requestedAt;
  return asked || fingerprint(now) !== fingerprint(before);
}

function fingerprint({ generation, artifact, verdict, why }: Look): string {
  // Sync and idle differ only in what the status says of the last pass.
  const kind = verdict === 'idle' ? 'sync' : verdict;
  const suspension = verdict === 'suspended' ? why : '';
  return [generation, artifact?.revision, artifact?.digest, kind, suspension].join(' ');
}

function causeOf(before: Look, now: Look, { inbox, memory }: RunParts): Cause | undefined {
  const taken = inbox.take();
  if (taken?.forced) {
    if (canForce(taken.wake, now)) return causeOfDemand(taken.wake);
    memory.applied = undefined;
  }
  if (!isNew(before, now)) return undefined;
  return { trigger: now.trigger ?? taken?.wake.trigger ?? 'source', why: now.why };
}

/** The cause of a pass that was asked for, by a person where no trigger is told. */
export function causeOfDemand({ trigger = 'request', reason = 'asked by hand' }: Wake): Cause {
  return { trigger, why: reason };
}

/** What is suspended or blocked corrects no drift; when it runs again, it applies everything, whatever the revision changes. */
function canForce({ trigger }: Wake, { verdict }: Look): boolean {
  return trigger !== 'drift' || verdict === 'idle' || verdict === 'sync';
}

function timeIsUp(retry: boolean): Cause {
  if (retry) return { trigger: 'retry', why: 'retry after a failure' };
  return { trigger: 'interval', why: 'the interval has passed' };
}

/** True when woken by a message, or to look at a dependency; false when the time was up. */
async function sleep(inbox: Inbox, { deadline, retry, lookAt }: Rest): Promise<boolean> {
  // A move that was told before the last pass began is no news any more, and still to be made.
  const news = (): boolean => inbox.pending > 0 || inbox.movesTo !== undefined;
  const looks = lookAt !== undefined && lookAt < (deadline ?? Number.POSITIVE_INFINITY);
  const end = looks ? lookAt : deadline;
  if (end === undefined) {
    await condition(news);
    return true;
  }
  const ms = end - Date.now();
  if (ms <= 0) return looks || news();
  const summary = `${retry ? 'retry' : 'next look'} in ${inWords(ms)}`;
  return (await condition(news, ms, { summary })) || looks;
}
