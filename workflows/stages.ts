import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';

/** What holds for every stage: a dead worker is noticed by its missing heartbeat, an outage is ridden out by the server's retries. */
const base: ActivityOptions = {
  heartbeatTimeout: '10s',
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: '15m',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/** The five stages of a pass, with their time-outs and retries. Their summary is given at the call. */
export const stages = {
  fetch: proxyActivities<Activities>({
    ...base,
    startToCloseTimeout: '5m',
    scheduleToCloseTimeout: '5m',
  }).fetch,
  render: proxyActivities<Activities>({ ...base, startToCloseTimeout: '5m' }).render,
  // An apply is never cancelled half-way, and so may take as long as the objects need.
  apply: proxyActivities<Activities>({
    ...base,
    startToCloseTimeout: '30m',
    scheduleToCloseTimeout: '1h',
  }).apply,
  /** A health wait only reads, so a newer revision may go on before the old wait has noticed its end. */
  health: (timeoutMs: number): Activities['health'] & Summarised<'health'> =>
    proxyActivities<Activities>({
      ...base,
      startToCloseTimeout: timeoutMs + 60_000,
      scheduleToCloseTimeout: 2 * timeoutMs + 300_000,
      cancellationType: ActivityCancellationType.TRY_CANCEL,
    }).health,
  prune: proxyActivities<Activities>(base).prune,
  finalize: proxyActivities<Activities>({
    ...base,
    startToCloseTimeout: '30m',
    scheduleToCloseTimeout: '24h',
  }).finalize,
};

const once = proxyLocalActivities<Pick<Activities, 'inputs' | 'compare' | 'recheck'>>({
  startToCloseTimeout: '20s',
  retry: { maximumAttempts: 1 },
});

/**
 * A look that spares a pass; one attempt, since a pass finds out anyway. Of few objects it is local, and costs a line of the history; a long
 * one would hold a place for workflow tasks.
 */
export const lookOver = {
  inputs: once.inputs,
  recheck: once.recheck,
  few: once.compare,
  many: proxyActivities<Pick<Activities, 'compare'>>({
    ...base,
    scheduleToCloseTimeout: '10m',
    retry: { maximumAttempts: 1 },
  }).compare,
};

/** The stages of a source: asking the remote and fetching from it. */
export const sourceStages = proxyActivities<
  Pick<Activities, 'lookAtSource' | 'fetchSource' | 'finalizeSource'>
>({ ...base, startToCloseTimeout: '15m', scheduleToCloseTimeout: '30m' });

/** Short reads and writes of the object itself; local, because they stand between all stages and a round trip each would double the time. */
export const records = proxyLocalActivities<
  Pick<Activities, 'observe' | 'conclude' | 'concludeSource' | 'resume'>
>({
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '24h',
  // Beyond this the wait for an API server that is away becomes a durable timer.
  localRetryThreshold: '5s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '15s' },
});

/** The call with options that proxied activities carry. */
interface Summarised<Name extends keyof Activities> {
  executeWithOptions(
    options: ActivityOptions,
    args: Parameters<Activities[Name]>,
  ): ReturnType<Activities[Name]>;
}
