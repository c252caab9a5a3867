import { condition } from '@temporalio/workflow';
import type {
  SourceKey,
  SourceKind,
  SourceOutcome,
  SourceRetry,
  Trigger,
} from '../activities/contract.ts';
import type { Inbox } from './inbox.ts';
import type { Journal } from './journal.ts';
import type { PassReport } from './messages.ts';
import { inWords } from './schedule.ts';
import { endSuspension } from './suspension.ts';

/** Why the next look runs. */
export interface Turn {
  readonly trigger: Trigger;
  readonly why: string;
  readonly failures: number;
  readonly fetched: boolean;
}

/** What a look led to, and when the next one is due; no time means: only a signal wakes it. */
export interface Step {
  readonly report: PassReport;
  readonly failures: number;
  readonly fetched: boolean;
  readonly nextMs: number | undefined;
  readonly awaits: string;
  /** Where they do not follow from the report. */
  readonly phase?: string;
  readonly unblock?: string;
  /** Ends a suspension at this time. */
  readonly resumeAt?: string;
}

/** The kind of a source; a run of the time when there was one kind does not name it. */
export function kindOf({ kind = 'GitRepository' }: SourceKey): SourceKind {
  return kind;
}

/** What a worker of before retries could be set waits for. */
const standardRetry: SourceRetry = { minMs: 750, maxMs: 900_000, dependencyMs: 30_000 };

/** A terminal failure waits for a change; the others are retried ever later, from the shortest wait doubling up to the longest. */
export function failedStep(
  outcome: SourceOutcome,
  failures: number,
  retry: SourceRetry = standardRetry,
): Step {
  const { reason, message } = outcome;
  const report = { ready: false, reason, message };
  if (outcome.terminal) {
    return {
      report,
      failures,
      fetched: false,
      nextMs: undefined,
      awaits: 'a change of the object',
    };
  }
  const nextMs = Math.min(retry.minMs * 2 ** failures, retry.maxMs);
  const awaits = `the retry in ${inWords(nextMs)}`;
  return { report, failures: failures + 1, fetched: false, nextMs, awaits };
}

/** A source that waits for another object is woken by what happens to it; the wait is for the case that nobody tells. */
export function waitingStep(
  { reason, message }: SourceOutcome,
  { dependencyMs }: SourceRetry = standardRetry,
): Step {
  return {
    report: { ready: false, reason, message },
    failures: 1,
    fetched: false,
    nextMs: dependencyMs,
    awaits: `the included source, or the retry in ${inWords(dependencyMs)}`,
  };
}

/** Sleeps until the next look is due or somebody signals; ends a suspension whose time has come. */
export async function idle(
  key: SourceKey,
  step: Step,
  { journal, inbox }: { journal: Journal; inbox: Inbox },
): Promise<Turn> {
  const { failures, fetched, nextMs, report } = step;
  const failing = failures > 0;
  journal.waits({ ...inWordsOf(step), awaits: step.awaits, nextMs, doing: report.message });
  await sleep(inbox, nextMs, failing);
  const taken = inbox.take();
  if (taken) {
    const { trigger = 'request', reason = 'asked by hand' } = taken.wake;
    return { failures, fetched, trigger, why: reason };
  }
  const resumed = await endSuspension(kindOf(key), key, step.resumeAt);
  if (resumed) return { failures, fetched, ...resumed };
  const trigger = failing ? 'retry' : 'interval';
  return { failures, fetched, trigger, why: trigger };
}

function inWordsOf({ phase, unblock, report, failures }: Step): {
  phase: string;
  unblock: string;
} {
  const rest = failures > 0 ? 'failed' : 'stalled';
  return {
    phase: phase ?? (report.ready ? 'idle' : rest),
    unblock: unblock ?? (report.ready ? 'nothing is blocked' : report.message),
  };
}

async function sleep(inbox: Inbox, nextMs: number | undefined, failing: boolean): Promise<void> {
  const pending = (): boolean => inbox.pending > 0 || inbox.movesTo !== undefined;
  if (nextMs === undefined) return condition(pending);
  // A suspension that should have ended already.
  if (nextMs <= 0) return;
  const summary = `${failing ? 'retry' : 'poll'} in ${inWords(nextMs)}`;
  await condition(pending, nextMs, { summary });
}
