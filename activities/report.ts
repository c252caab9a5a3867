import { Context } from '@temporalio/activity';
import { formatDuration } from '../api/index.ts';
import type { Activities, ObjectKey, Outcome, SourceKey, SourceOutcome } from './contract.ts';

/** Where lines about objects go. */
export interface LineLog {
  info(msg: string, fields: Record<string, unknown>): void;
  error(msg: string, fields: Record<string, unknown>): void;
}

/** Where it goes how long passes took, and how they ended. */
export interface Durations {
  /** A pass has ended; zero milliseconds mean that no work was done. */
  record(kind: string, key: ObjectKey, ms: number, end?: PassEnd): void;
  /** The object is gone. */
  forget(kind: string, key: ObjectKey): void;
}

/** How a pass ended. */
export interface PassEnd {
  readonly failed?: boolean;
  /** It is not tried again before a change. */
  readonly terminal?: boolean;
  /** Milliseconds until it comes again by itself; absent where it does not. */
  readonly nextMs?: number;
}

/** Whom the activities tell what happened. */
export interface Listeners {
  readonly log: LineLog;
  readonly durations: Durations;
}

/** The same activities, which tell the start and the end of every pass, after its status says so. */
export function reported(activities: Activities, listeners: Listeners): Activities {
  const { log, durations } = listeners;
  return {
    ...activities,
    async observe(key) {
      const look = await activities.observe(key);
      if (look.verdict === 'gone') durations.forget('Kustomization', key);
      return look;
    },
    fetch(pass) {
      const { revision } = pass.artifact;
      if (isFirst())
        log.info('Reconciliation started', { ...about(kustomization, pass.key), revision });
      return activities.fetch(pass);
    },
    async conclude(key, outcome) {
      await activities.conclude(key, outcome);
      tellEnd(listeners, key, outcome);
    },
    recheck: toldRecheck(activities, listeners),
    async finalize(key) {
      const pruned = await activities.finalize(key);
      const { deleted, kept } = pruned.counts;
      log.info(
        `Deletion finished: ${deleted} objects deleted, ${kept} kept`,
        about(kustomization, key),
      );
      durations.forget('Kustomization', key);
      return pruned;
    },
    lookAtSource: measuredLook(activities, durations),
    async fetchSource(key, look) {
      const fields = { ...about(sourceOf(key), key), revision: look.revision };
      if (isFirst()) log.info(`Fetch started: ${look.why}`, fields);
      const begun = Date.now();
      const stored = await activities.fetchSource(key, look);
      const durationMs = Date.now() - begun;
      durations.record(sourceOf(key).controllerKind, key, durationMs, { nextMs: look.intervalMs });
      const took = formatDuration(durationMs);
      const { revision } = stored;
      const next = `next run in ${formatDuration(look.intervalMs)}`;
      const message = `stored artifact for revision '${revision}' in ${took}, ${next}`;
      log.info(message, { ...fields, revision });
      return stored;
    },
    async concludeSource(key, outcome) {
      const retry = await activities.concludeSource(key, outcome);
      tellSourceOutcome(log, about(sourceOf(key), key), outcome);
      if (outcome.result !== 'idle') {
        durations.record(sourceOf(key).controllerKind, key, 0, endOf(outcome));
      }
      return retry;
    },
    async finalizeSource(key) {
      await activities.finalizeSource(key);
      durations.forget(sourceOf(key).controllerKind, key);
      log.info('Deletion finished', about(sourceOf(key), key));
    },
  };
}

/** A recheck that finds all as it was applied is a whole reconciliation. */
function toldRecheck(activities: Activities, listeners: Listeners): Activities['recheck'] {
  return async (pass, inputs, outcome) => {
    const begun = Date.now();
    const rechecked = await activities.recheck(pass, inputs, outcome);
    const { look, objects, differs } = rechecked;
    if (look.verdict === 'gone') listeners.durations.forget('Kustomization', pass.key);
    const isNoted = objects !== undefined && differs === undefined;
    const durationMs = Date.now() - begun;
    if (isNoted) tellEnd(listeners, pass.key, { ...outcome, durationMs });
    return rechecked;
  };
}

function tellEnd({ log, durations }: Listeners, key: ObjectKey, outcome: Outcome): void {
  tellOutcome(log, about(kustomization, key), outcome);
  durations.record('Kustomization', key, outcome.durationMs, endOf(outcome));
}

interface Kind {
  readonly controllerGroup: string;
  readonly controllerKind: string;
}

const kustomization: Kind = {
  controllerGroup: 'kustomize.toolkit.fluxcd.io',
  controllerKind: 'Kustomization',
};

function sourceOf({ kind = 'GitRepository' }: SourceKey): Kind {
  return { controllerGroup: 'source.toolkit.fluxcd.io', controllerKind: kind };
}

/** The fields by which Flux's tools find the lines of an object; the run of the workflow is the reconciliation. */
function about(kind: Kind, { namespace, name }: ObjectKey): Record<string, unknown> {
  const controller = kind.controllerKind.toLowerCase();
  const { workflowExecution } = Context.current().info;
  const object = { [kind.controllerKind]: { name, namespace } };
  return { controller, ...kind, ...object, namespace, name, reconcileID: workflowExecution?.runId };
}

/** A poll that finds nothing new is a whole reconciliation of a source. */
function measuredLook(activities: Activities, durations: Durations): Activities['lookAtSource'] {
  return async (key) => {
    const begun = Date.now();
    const look = await activities.lookAtSource(key);
    const { verdict, intervalMs: nextMs } = look;
    if (verdict === 'gone') durations.forget('GitRepository', key);
    if (verdict === 'idle') durations.record('GitRepository', key, Date.now() - begun, { nextMs });
    return look;
  };
}

function endOf({ result, terminal, ...rest }: Outcome | SourceOutcome): PassEnd {
  const failed = result === 'failed' || result === 'rejected';
  return { failed, terminal, ...('nextMs' in rest ? { nextMs: rest.nextMs } : {}) };
}

function isFirst(): boolean {
  return Context.current().info.attempt === 1;
}

function tellOutcome(log: LineLog, object: Record<string, unknown>, outcome: Outcome): void {
  const { result, reason, message, revision, durationMs, nextMs } = outcome;
  const fields = { ...object, revision, reason };
  const [took, next] = [formatDuration(durationMs), formatDuration(nextMs)];
  if (result === 'applied') {
    log.info(`Reconciliation finished in ${took}, next run in ${next}`, fields);
  } else if (result === 'failed' || result === 'rejected') {
    const then = outcome.terminal ? 'not tried again until a change' : `next try in ${next}`;
    log.error(`Reconciliation failed after ${took}, ${then}`, { ...fields, error: message });
  } else log.info(message, fields);
}

function tellSourceOutcome(
  log: LineLog,
  object: Record<string, unknown>,
  { result, reason, message }: SourceOutcome,
): void {
  if (result === 'idle') log.info(`no changes since last reconciliation: ${message}`, object);
  else log.error('Fetch failed', { ...object, reason, error: message });
}
