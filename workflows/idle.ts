import { condition, workflowInfo } from '@temporalio/workflow';
import type { Look, ObjectKey, Outcome, Trigger } from '../activities/contract.ts';
import type { Inbox } from './inbox.ts';
import type { Journal } from './journal.ts';
import type { Wake } from './messages.ts';
import { inWords, jittered, shortRevision } from './schedule.ts';
import { records } from './stages.ts';
import { endSuspension, msUntil, suspensionInWords } from './suspension.ts';
import { changesNothing, noted, type Memory } from './unchanged.ts';
import { isOutdated } from './version.ts';

/** What people and messages reach a run through. */
export interface RunParts {
  readonly journal: Journal;
  readonly inbox: Inbox;
  readonly memory: Memory;
}

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
    const look = await records.observe(key);
    const judged = await judge(key, { look, rest, outcome }, parts);
    if ('trigger' in judged) return judged;
    rest = judged;
    if (woken) continue;
    if (look.verdict !== 'waiting') return timeIsUp(rest.retry);
    // What it waits for wakes it; the timer is only a safety net, and no sync to remember.
    rest = { ...rest, deadline: Date.now() + before.retryMs };
  }
}

/** What a look during the wait leads to: the cause of the next pass, or the wait that goes on. */
async function judge(
  key: ObjectKey,
  { look, rest, outcome }: { look: Look; rest: Rest; outcome: Outcome | undefined },
  parts: RunParts,
): Promise<Cause | Rest> {
  const { before } = rest;
  const cause = causeOf(before, look, parts.inbox) ?? budgetCause(before, look, outcome);
  const followed = cause && (await follow(key, look, { cause, rest }, parts));
  if (cause && !followed) return cause;
  return causeOfHandOver(parts.inbox) ?? followed ?? rest;
}

/** The wait between two passes. */
interface Rest {
  readonly before: Look;
  readonly retry: boolean;
  /** When it is over, in milliseconds of the epoch; never where only a message can end it. */
  readonly deadline: number | undefined;
}

function restAfter(
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

/** Where the cause is a revision that changes nothing here, the status follows it, and the wait goes on. */
async function follow(
  key: ObjectKey,
  look: Look,
  { cause, rest }: { readonly cause: Cause; readonly rest: Rest },
  { journal, memory }: RunParts,
): Promise<Rest | undefined> {
  if (look.verdict !== 'sync' || cause.trigger !== 'source') return undefined;
  const { applied } = memory;
  if (!applied || !(await changesNothing(key, look, applied))) return undefined;
  const left = rest.retry || rest.deadline === undefined ? undefined : rest.deadline - Date.now();
  const outcome = noted(look, applied, left ?? jittered(look, Math.random()));
  await records.conclude(key, outcome);
  const revision = look.artifact?.revision ?? '';
  journal.revised(revision);
  const doing = `${shortRevision(revision)} changes nothing here`;
  journal.waits({ ...waitInWords(key, { before: look, outcome, nextMs: outcome.nextMs }), doing });
  return { before: look, retry: false, deadline: Date.now() + outcome.nextMs };
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

/** A pass has told how it ended; without one the look tells how things stand. */
function standing(before: Look, outcome: Outcome | undefined): { doing?: string } {
  return outcome ? {} : { doing: before.why };
}

function isFailure(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && !['applied', 'parked'].includes(outcome.result);
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

function delayOf(before: Look, outcome: Outcome | undefined): number | undefined {
  if (before.resumeAt !== undefined) return msUntil(before.resumeAt);
  if (before.verdict === 'suspended') return undefined;
  return outcome?.nextMs ?? jittered(before, Math.random());
}

function causeOf(before: Look, now: Look, inbox: Inbox): Cause | undefined {
  const taken = inbox.take();
  if (taken?.forced && canForce(taken.wake, now)) return causeOfDemand(taken.wake);
  if (!isNew(before, now)) return undefined;
  return { trigger: now.trigger ?? taken?.wake.trigger ?? 'source', why: now.why };
}

/** The cause of a pass that was asked for, by a person where no trigger is told. */
export function causeOfDemand({ trigger = 'request', reason = 'asked by hand' }: Wake): Cause {
  return { trigger, why: reason };
}

/** What is suspended or blocked corrects no drift; when it runs again, it applies everything. */
function canForce({ trigger }: Wake, { verdict }: Look): boolean {
  return trigger !== 'drift' || verdict === 'idle' || verdict === 'sync';
}

function timeIsUp(retry: boolean): Cause {
  if (retry) return { trigger: 'retry', why: 'retry after a failure' };
  return { trigger: 'interval', why: 'the interval has passed' };
}

/** True when woken by a message, false when the time was up. */
async function sleep(inbox: Inbox, { deadline, retry }: Rest): Promise<boolean> {
  // A move that was told before the last pass began is no news any more, and still to be made.
  const news = (): boolean => inbox.pending > 0 || inbox.movesTo !== undefined;
  if (deadline === undefined) {
    await condition(news);
    return true;
  }
  const ms = deadline - Date.now();
  if (ms <= 0) return news();
  const summary = `${retry ? 'retry' : 'next look'} in ${inWords(ms)}`;
  return condition(news, ms, { summary });
}

interface Ending {
  readonly before: Look;
  readonly outcome: Outcome | undefined;
  readonly nextMs: number | undefined;
}

function waitInWords(
  key: ObjectKey,
  { before, outcome, nextMs }: Ending,
): Parameters<Journal['waits']>[0] {
  if (before.verdict === 'suspended') {
    return { ...suspensionInWords('Kustomization', key, before.resumeAt), nextMs };
  }
  const fixed = waits[before.verdict];
  if (fixed) return { ...fixed, nextMs };
  if (outcome?.pruned?.parked && outcome.result === 'parked') {
    return {
      phase: 'parked',
      awaits: `approval of ${outcome.pruned.parked.count} deletions, a change, or the interval`,
      unblock: `whoever may approve them: sluice approve ks ${key.name} -n ${key.namespace}`,
      nextMs,
    };
  }
  if (!isFailure(outcome)) {
    const awaits = 'a new revision, a changed spec, a request or the interval';
    return { phase: 'idle', awaits, unblock: 'nothing is blocked', nextMs };
  }
  return {
    phase: 'failed',
    awaits: `a change, or the retry in ${inWords(nextMs ?? 0)}`,
    unblock: 'the author of the revision or of the spec',
    nextMs,
  };
}

const waits: Partial<Record<Look['verdict'], { phase: string; awaits: string; unblock: string }>> =
  {
    rejected: { phase: 'stalled', awaits: 'a change of the object', unblock: 'its author' },
    waiting: {
      phase: 'waiting',
      awaits: 'its source or its dependencies',
      unblock: 'the object it waits for',
    },
  };
