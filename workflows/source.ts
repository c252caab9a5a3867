import { allHandlersFinished, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type {
  SourceKey,
  SourceLook,
  SourceOutcome,
  SourceRetry,
  Trigger,
} from '../activities/contract.ts';
import { openInbox } from './inbox.ts';
import { openingMemo, openJournal, type Journal } from './journal.ts';
import { attributes } from './messages.ts';
import { stageFailure } from './outcome.ts';
import { shortRevision } from './schedule.ts';
import { failedStep, idle, kindOf, waitingStep, type Step, type Turn } from './source-idle.ts';
import { records, sourceStages } from './stages.ts';
import { msUntil, suspensionInWords } from './suspension.ts';
import { isOutdated, nextVersion } from './version.ts';

/** Input of a run of a source: one run is one fetched revision, and the polls that found nothing after it. */
export interface SourceRun {
  readonly key: SourceKey;
  readonly trigger: Trigger;
  readonly why?: string;
  /** Failures in a row, which space out the retries. */
  readonly failures?: number;
  /** The task queue that the run was started on. */
  readonly taskQueue?: string;
}

/** The durable loop of one source: ask the remote, fetch what moved, sleep until the interval has passed or somebody signals. */
export async function source(input: SourceRun): Promise<void> {
  const { key } = input;
  const journal = openJournal(`${kindOf(key)} ${key.namespace}/${key.name}`);
  const inbox = openInbox(() => journal.explanation, input.taskQueue);
  let turn: Turn = {
    trigger: input.trigger,
    why: input.why ?? 'first look',
    failures: input.failures ?? 0,
    fetched: false,
  };
  for (;;) {
    journal.begin(turn.trigger, turn.why);
    inbox.begin();
    const step = await look(key, turn, journal);
    if (step === 'over') return inbox.close();
    inbox.answer(step.report);
    turn = await idle(key, step, { journal, inbox });
    const ends = runIsFull(step) || inbox.movesTo !== undefined;
    if (ends && inbox.waiting === 0 && allHandlersFinished()) break;
  }
  const { trigger, why, failures } = turn;
  await makeContinueAsNewFunc<typeof source>({
    ...nextVersion(),
    ...(inbox.movesTo ? { taskQueue: inbox.movesTo } : {}),
    memo: openingMemo(kindOf(key), key, why),
    typedSearchAttributes: [
      { key: attributes.kind, value: kindOf(key) },
      { key: attributes.namespace, value: key.namespace },
      { key: attributes.name, value: key.name },
      { key: attributes.trigger, value: trigger },
      { key: attributes.phase, value: 'idle' },
    ],
  })({
    key,
    trigger,
    why,
    failures,
    ...inbox.handOn,
  });
}

async function look(key: SourceKey, turn: Turn, journal: Journal): Promise<Step | 'over'> {
  journal.doing('look', 'asking the remote for its revision');
  let seen: SourceLook | undefined;
  try {
    seen = await sourceStages.lookAtSource.executeWithOptions({ summary: `look: ${turn.why}` }, [
      key,
    ]);
    return await follow(key, seen, journal);
  } catch (error) {
    const failure = stageFailure(error, 'GitOperationFailed');
    if (!failure) throw error;
    const outcome: SourceOutcome = {
      result: 'failed',
      reason: failure.reason,
      message: failure.message,
      generation: seen?.generation ?? 0,
      terminal: failure.terminal,
      ...(failure.condition ? { condition: failure.condition } : {}),
      ...(seen?.requestedAt ? { requestedAt: seen.requestedAt } : {}),
    };
    const retry = await conclude(key, outcome, journal);
    return failure.waits ? waitingStep(outcome, retry) : failedStep(outcome, turn.failures, retry);
  }
}

async function follow(key: SourceKey, seen: SourceLook, journal: Journal): Promise<Step | 'over'> {
  switch (seen.verdict) {
    case 'gone':
      return 'over';
    case 'deleted':
      await sourceStages.finalizeSource(key);
      return 'over';
    case 'suspended':
      return suspended(key, seen);
    case 'rejected':
      return rejected(key, seen, journal);
    case 'idle':
      return unchanged(key, seen);
    case 'fetch':
      return fetch(key, seen, journal);
  }
}

async function fetch(key: SourceKey, seen: SourceLook, journal: Journal): Promise<Step> {
  const revision = seen.revision ?? '';
  const begun = Date.now();
  journal.revision(revision, `${kindOf(key)}/${key.namespace}/${key.name}`);
  journal.doing('fetch', `fetching ${shortRevision(revision)}`);
  const summary = `fetch ${shortRevision(revision)}`;
  const stored = await sourceStages.fetchSource.executeWithOptions({ summary }, [key, seen]);
  const message = `stored artifact for revision '${stored.revision}'`;
  journal.ended({
    phase: 'stored',
    ready: true,
    reason: 'Succeeded',
    message,
    memo: {
      outcome: 'stored',
      changes: stored.changed ? 'new artifact' : 'same artifact',
      durationMs: Date.now() - begun,
      revision: shortRevision(stored.revision),
      endedAt: new Date().toISOString(),
    },
  });
  const report = { ready: true, reason: 'Succeeded', message, revision: stored.revision };
  return {
    report,
    failures: 0,
    fetched: true,
    nextMs: seen.intervalMs,
    awaits: 'a push, or the interval',
  };
}

async function unchanged(key: SourceKey, seen: SourceLook): Promise<Step> {
  const { generation, requestedAt, revision } = seen;
  if (requestedAt) {
    await records.concludeSource(key, {
      result: 'idle',
      reason: 'Succeeded',
      message: seen.why,
      generation,
      requestedAt,
      terminal: false,
    });
  }
  const report = {
    ready: true,
    reason: 'Succeeded',
    message: seen.why,
    ...(revision ? { revision } : {}),
  };
  return {
    report,
    failures: 0,
    fetched: false,
    nextMs: seen.intervalMs,
    awaits: 'a push, or the interval',
  };
}

async function rejected(key: SourceKey, seen: SourceLook, journal: Journal): Promise<Step> {
  const outcome: SourceOutcome = {
    result: 'rejected',
    reason: seen.reason ?? 'InvalidSpec',
    message: seen.why,
    generation: seen.generation,
    terminal: true,
    ...(seen.requestedAt ? { requestedAt: seen.requestedAt } : {}),
  };
  await conclude(key, outcome, journal);
  return failedStep(outcome, 0);
}

function suspended(key: SourceKey, look: SourceLook): Step {
  const { why, resumeAt } = look;
  const report = { ready: false, reason: 'Suspended', message: why };
  return {
    report,
    failures: 0,
    fetched: false,
    nextMs: resumeAt === undefined ? undefined : msUntil(resumeAt),
    ...suspensionInWords(kindOf(key), key, look),
    ...(resumeAt === undefined ? {} : { resumeAt }),
  };
}

async function conclude(
  key: SourceKey,
  outcome: SourceOutcome,
  journal: Journal,
): Promise<SourceRetry | undefined> {
  const retry = await records.concludeSource(key, outcome);
  const { reason, message } = outcome;
  journal.ended({
    phase: outcome.terminal ? 'stalled' : 'failed',
    ready: false,
    reason,
    message,
    memo: { outcome: outcome.result, endedAt: new Date().toISOString() },
  });
  return retry;
}

/** A run ends when it has fetched once, so that its row tells of one revision, or when its history grew long. */
function runIsFull(step: Step): boolean {
  return step.fetched || workflowInfo().continueAsNewSuggested || isOutdated();
}
