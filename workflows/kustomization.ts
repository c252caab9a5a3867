import {
  allHandlersFinished,
  isCancellation,
  makeContinueAsNewFunc,
  patched,
} from '@temporalio/workflow';
import type { Look, ObjectKey, Outcome, Trigger } from '../activities/contract.ts';
import { openDeletions, type CarriedDeletions, type Deletions } from './deletions.ts';
import { openInbox, type Inbox } from './inbox.ts';
import { causeOfDemand, idle, type Cause } from './idle.ts';
import { whileQuiet } from './interruption.ts';
import { openingMemo, openJournal, type Journal } from './journal.ts';
import { attributes } from './messages.ts';
import {
  blocked,
  canceled,
  changesInWords,
  failed,
  memoOf,
  parked,
  stageFailure,
  succeeded,
} from './outcome.ts';
import { passOf, reconcile, type PassResult } from './reconcile.ts';
import type { RunParts } from './rest.ts';
import { jittered, retryDelay } from './schedule.ts';
import { stages, records } from './stages.ts';
import { appliedBy, type Applied, type Memory } from './unchanged.ts';
import { nextVersion } from './version.ts';
import { newsDuringWait } from './wait-news.ts';

/** Input of a run: one run is one sync, and continues as new with the trigger of the next. */
export interface KustomizationRun extends CarriedDeletions {
  readonly key: ObjectKey;
  readonly trigger: Trigger;
  readonly why?: string;
  /** What the last good pass applied. */
  readonly applied?: Applied;
  /** Failures in a row before this run, which space out the retries; none where absent. */
  readonly failures?: number;
  /** The task queue that the run was started on. */
  readonly taskQueue?: string;
}

/** The durable loop of one Kustomization: look, run one pass, idle until something is new, continue as new. */
export async function kustomization(input: KustomizationRun): Promise<void> {
  const journal = openJournal(`Kustomization ${input.key.namespace}/${input.key.name}`);
  const inbox = openInbox(() => journal.explanation, input.taskQueue);
  const memory: Memory = { applied: input.applied };
  const deletions = openDeletions(input, inbox);
  const parts: PassParts = { journal, inbox, memory, deletions };
  let turn = firstTurn(input, inbox);
  for (;;) {
    journal.begin(turn.trigger, turn.why);
    inbox.begin();
    const now = { look: await records.observe(input.key) };
    if (now.look.verdict === 'gone') return inbox.close();
    const outcome = await act(input.key, now, turn, parts);
    if (outcome === 'over') return inbox.close();
    if (isAnswer(outcome)) inbox.answer(report(outcome, now.look));
    const cause = await idle(input.key, now.look, outcome, parts);
    turn = nextTurn(turn, outcome, cause);
    // An update waits for its pass inside this run: a handler must have ended before the run does.
    if (inbox.waiting === 0 && allHandlersFinished()) break;
  }
  await makeContinueAsNewFunc<typeof kustomization>({
    ...nextVersion(),
    ...(inbox.movesTo ? { taskQueue: inbox.movesTo } : {}),
    memo: openingMemo('Kustomization', input.key, turn.why),
    typedSearchAttributes: [
      { key: attributes.kind, value: 'Kustomization' },
      { key: attributes.namespace, value: input.key.namespace },
      { key: attributes.name, value: input.key.name },
      { key: attributes.trigger, value: turn.trigger },
      { key: attributes.phase, value: 'starting' },
    ],
  })({
    key: input.key,
    ...turn,
    ...(memory.applied ? { applied: memory.applied } : {}),
    ...deletions.carried,
    ...inbox.handOn,
  });
}

/** Why a pass runs, and how many before it failed in a row. */
interface Turn extends Cause {
  readonly failures: number;
}

function firstTurn(
  { trigger, why = 'first look', failures = 0 }: KustomizationRun,
  inbox: Inbox,
): Turn {
  // A message that came before the run is not lost on it: it may have started a workflow that was missing.
  const { forcing } = inbox;
  return forcing?.trigger ? { ...causeOfDemand(forcing), failures } : { trigger, why, failures };
}

/** A retry goes on counting; whatever else brings a pass about is a change and begins anew. */
function nextTurn({ failures }: Turn, outcome: Outcome | undefined, cause: Cause): Turn {
  const again = cause.trigger === 'retry' && outcome?.result === 'failed';
  return { ...cause, failures: again ? failures + 1 : 0 };
}

/** What a pass is of. Its health wait may go on for a newer revision, and then that is what the pass tells of and what comes next is compared with. */
interface Current {
  look: Look;
}

async function act(
  key: ObjectKey,
  now: Current,
  turn: Turn,
  parts: PassParts,
): Promise<Outcome | 'over' | undefined> {
  const { look } = now;
  if (look.verdict === 'deleted') return finalize(key, look, turn.failures, parts);
  if (look.verdict === 'suspended') return undefined;
  if (look.verdict === 'waiting' || look.verdict === 'rejected') {
    parts.journal.revision(look.artifact?.revision, look.source);
    const outcome = blocked(look, look.retryMs);
    return conclude(key, outcome, parts.journal);
  }
  // A run that merely takes over, after a restart of everything or after a long idle one, finds nothing new.
  if (look.verdict === 'idle' && turn.trigger === 'start') return undefined;
  return conclude(key, await sync(key, now, turn.failures, parts), parts.journal);
}

interface PassParts extends RunParts {
  readonly deletions: Deletions;
}

async function sync(
  key: ObjectKey,
  now: Current,
  failures: number,
  { journal, inbox, memory, deletions }: PassParts,
): Promise<Outcome> {
  const { look } = now;
  memory.applied = undefined;
  const begun = Date.now();
  const result: PassResult = {};
  const pass = { ...passOf(key, look), ...deletions.forPass() };
  journal.revision(pass.artifact.revision, look.source);
  const facts = (nextMs: number): Parameters<typeof succeeded>[0] => ({
    look: now.look,
    result,
    durationMs: Date.now() - begun,
    nextMs,
  });
  let news: Cause | undefined;
  const isNews = async (): Promise<boolean> => {
    const told = await newsDuringWait(key, now.look, inbox, result);
    if (told.look.artifact && told.look !== now.look) {
      pass.artifact = told.look.artifact;
      journal.revised(pass.artifact.revision);
    }
    now.look = told.look;
    news = told.cause;
    return news !== undefined;
  };
  try {
    const doing: Journal['doing'] = (stage, words) => {
      journal.doing(stage, words);
    };
    const interruptible = <T>(wait: () => Promise<T>): Promise<T> =>
      look.quietHealthWait ? wait() : whileQuiet(inbox, wait, isNews);
    await reconcile(pass, { pruneFirst: look.pruneFirst, doing, interruptible }, result);
    const outcome = ended(facts(jittered(look, Math.random())), key, deletions);
    if (outcome.result === 'applied') memory.applied = appliedBy(look, result);
    return outcome;
  } catch (error) {
    if (result.pruned) deletions.settle(result.pruned);
    if (news && isCancellation(error)) return canceled(facts(0), news);
    const failure = stageFailure(error, 'ReconciliationFailed');
    if (!failure) throw error;
    if (failure.code === 'Superseded') {
      const cause = inbox.demand && causeOfDemand(inbox.demand);
      return canceled(facts(0), cause ?? { trigger: 'spec', why: failure.message });
    }
    return failed(facts(retryDelay(failures + 1, look)), failure);
  }
}

function ended(
  facts: Parameters<typeof succeeded>[0],
  key: ObjectKey,
  deletions: Deletions,
): Outcome {
  const { pruned } = facts.result;
  const repeated = pruned !== undefined && deletions.settle(pruned);
  if (!pruned?.parked) return succeeded(facts);
  return { ...parked(facts, key, pruned.parked), ...(repeated ? { repeated } : {}) };
}

async function conclude(key: ObjectKey, outcome: Outcome, journal: Journal): Promise<Outcome> {
  await records.conclude(key, outcome);
  journal.ended({
    phase: outcome.result,
    ready: outcome.result === 'applied',
    reason: outcome.reason,
    message: outcome.message,
    memo: memoOf(outcome),
  });
  return outcome;
}

async function finalize(
  key: ObjectKey,
  look: Look,
  failures: number,
  { journal }: RunParts,
): Promise<Outcome | 'over'> {
  journal.revision(undefined, look.source);
  journal.doing('finalize', 'deleting the objects of the inventory');
  try {
    const summary = 'finalize the deletion';
    const { counts } = await stages.finalize.executeWithOptions({ summary }, [key]);
    journal.ended({
      phase: 'deleted',
      ready: true,
      reason: 'Deleted',
      message: 'finalized',
      memo: { outcome: 'deleted', changes: changesInWords(undefined, counts.deleted), ...counts },
    });
    return 'over';
  } catch (error) {
    const failure = stageFailure(error, 'PruneFailed');
    if (!failure) throw error;
    const facts = { look, result: {}, durationMs: 0, nextMs: retryDelay(failures + 1, look) };
    return conclude(key, failed(facts, failure), journal);
  }
}

/** Who waits for a pass is told how the newest one ended, and not that news ended one early. */
function isAnswer(outcome: Outcome | undefined): boolean {
  return outcome?.result !== 'canceled' || !patched('canceled-is-no-answer');
}

function report(outcome: Outcome | undefined, look: Look): Parameters<Inbox['answer']>[0] {
  const revision = look.artifact ? { revision: look.artifact.revision } : {};
  if (!outcome)
    return { ready: look.verdict === 'idle', reason: look.verdict, message: look.why, ...revision };
  const { reason, message } = outcome;
  return { ready: outcome.result === 'applied', reason, message, ...revision };
}
