import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type {
  ChangeSet,
  Look,
  ObjectKey,
  Outcome,
  Parked,
  Stage,
  Trigger,
} from '../activities/contract.ts';
import type { PassResult } from './reconcile.ts';
import { shortRevision } from './schedule.ts';

/** What is common to every outcome of a pass. */
export interface PassFacts {
  readonly look: Look;
  readonly result: PassResult;
  readonly durationMs: number;
  readonly nextMs: number;
}

/** The outcome of a pass whose stages all ended well. */
export function succeeded(facts: PassFacts): Outcome {
  return {
    ...shared(facts),
    result: 'applied',
    reason: 'ReconciliationSucceeded',
    message: `Applied revision: ${facts.look.artifact?.revision ?? ''}`,
    terminal: false,
  };
}

/** The outcome of a pass that news ended during its health wait, or whose object changed under it. */
export function canceled(
  facts: PassFacts,
  { trigger, why }: { trigger: Trigger; why: string },
): Outcome {
  return {
    ...shared(facts),
    result: 'canceled',
    reason: 'HealthCheckCanceled',
    message: `New reconciliation triggered: ${why}`,
    supersededBy: trigger,
    terminal: false,
  };
}

/** The outcome of a pass that a stage failed; reason and finality come with the failure. */
export function failed(facts: PassFacts, failure: StageFailure): Outcome {
  return {
    ...shared(facts),
    result: 'failed',
    reason: failure.reason,
    message: failure.message,
    stage: failure.stage,
    terminal: failure.terminal,
  };
}

/** The outcome of a pass that did everything but the deletions, which are over the budget. */
export function parked(
  facts: PassFacts,
  { namespace, name }: ObjectKey,
  { count, budget, names }: Parked,
): Outcome {
  const shown = names.slice(0, maxShown);
  const more = count > shown.length ? ` and ${count - shown.length} more` : '';
  const [are, wait] = count === 1 ? ['deletion is', 'waits'] : ['deletions are', 'wait'];
  const approve = `sluice approve ks ${name} -n ${namespace}`;
  return {
    ...shared(facts),
    result: 'parked',
    reason: 'DeletionBudgetExceeded',
    message: `${count} ${are} over the budget of ${budget} and ${wait} for approval (${approve}): ${shown.join(', ')}${more}`,
    // Another try changes nothing: a person has to approve, or to change something.
    terminal: true,
  };
}

const maxShown = 10;

/** The outcome of a look that says: nothing can run now. */
export function blocked(look: Look, nextMs: number): Outcome {
  const facts = { look, result: {}, durationMs: 0, nextMs };
  return {
    ...shared(facts),
    result: look.verdict === 'rejected' ? 'rejected' : 'waiting',
    reason: look.reason ?? 'Progressing',
    message: look.why,
    terminal: look.verdict === 'rejected',
  };
}

/** A failed stage, read from the failure of its activity. */
export interface StageFailure {
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly terminal: boolean;
  readonly stage: Stage;
  /** The condition of a source that tells of it, where it is not the usual one. */
  readonly condition?: string;
  /** What it waits for is another object. */
  readonly waits?: boolean;
}

/** Reads what an activity failed with; undefined where the error is no activity failure. */
export function stageFailure(error: unknown, fallbackReason: string): StageFailure | undefined {
  if (!(error instanceof ActivityFailure)) return undefined;
  const stage = error.activityType as Stage;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) {
    return {
      reason: fallbackReason,
      terminal: false,
      ...readDetail(cause.details?.[0]),
      code: cause.type ?? 'Unknown',
      message: cause.message,
      stage,
    };
  }
  const message =
    cause instanceof TimeoutFailure
      ? `${stage} did not end in time (${cause.timeoutType}): its worker is gone or overloaded`
      : `${stage} failed: ${cause?.message ?? error.message}`;
  return { code: 'Unknown', reason: fallbackReason, message, terminal: false, stage };
}

/** The change counts in words, such as `2 created, 1 configured`; `no changes` where nothing was written. */
export function changesInWords(changes: ChangeSet | undefined, deleted = 0): string {
  const counts: [number, string][] = [
    [changes?.counts.created ?? 0, 'created'],
    [changes?.counts.configured ?? 0, 'configured'],
    [deleted, 'deleted'],
  ];
  const words = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return words.length > 0 ? words.join(', ') : 'no changes';
}

/** The memo of a pass: what its row tells beside the search attributes. */
export function memoOf(outcome: Outcome): Record<string, string | number> {
  return {
    outcome: outcome.result,
    changes: changesInWords(outcome.changes, outcome.pruned?.counts.deleted),
    ...outcome.changes?.counts,
    ...outcome.pruned?.counts,
    durationMs: outcome.durationMs,
    stage: outcome.stage ?? '',
    revision: outcome.revision ? shortRevision(outcome.revision) : '',
    endedAt: new Date().toISOString(),
  };
}

function shared({
  look,
  result,
  durationMs,
  nextMs,
}: PassFacts): Omit<Outcome, 'result' | 'reason' | 'message' | 'terminal'> {
  const { changes, health, pruned, rendered } = result;
  return {
    generation: look.generation,
    durationMs,
    nextMs,
    ...(look.requestedAt ? { requestedAt: look.requestedAt } : {}),
    ...revisionsOf(look),
    ...(rendered ? { renderDigest: rendered.digest } : {}),
    ...(changes ? { changes } : {}),
    ...(health ? { health } : {}),
    ...(pruned ? { pruned } : {}),
  };
}

function revisionsOf({ artifact }: Look): Pick<Outcome, 'revision' | 'originRevision'> {
  if (!artifact) return {};
  const { revision, originRevision } = artifact;
  return { revision, ...(originRevision ? { originRevision } : {}) };
}

type Detail = Partial<Pick<StageFailure, 'reason' | 'terminal' | 'condition' | 'waits'>>;

function readDetail(value: unknown): Detail {
  return typeof value === 'object' && value !== null ? value : {};
}
