import type { Trigger } from '../../activities/contract.ts';
import { attributes } from '../../workflows/messages.ts';
import { CliError } from './failure.ts';
import { momentOf } from './moment.ts';

/** What a person may ask of the history, as typed. */
export interface SyncFilterOptions {
  readonly revision?: string;
  readonly outcome?: string;
  readonly trigger?: string;
  readonly since?: string;
  readonly until?: string;
  readonly object?: string;
}

/** The parts of a filter: what Temporal answers, and what is left to look at in each run. */
export interface SyncFilter {
  /** Query of Temporal's visibility. */
  readonly query: string;
  /** True where a run's revision is among the wanted ones. */
  readonly hasRevision: (revision: string) => boolean;
  /** The object as `Kind/namespace/name` whose syncs alone count. */
  readonly object: string | undefined;
}

/** Reads the options into a filter on the syncs of a workflow; raises a CliError for a value that can match nothing. */
export function syncFilter(
  workflowId: string,
  options: SyncFilterOptions,
  now = Date.now(),
): SyncFilter {
  const { outcome, trigger, revision, since, until, object } = options;
  const terms = [
    `WorkflowId=${quoted(workflowId)}`,
    ...(outcome === undefined ? [] : [phaseTerm(outcome)]),
    ...(trigger === undefined ? [] : [triggerTerm(trigger)]),
    ...(revision === undefined ? [] : revisionTerms(revision)),
    ...(since === undefined ? [] : [timeTerm('>=', momentOf('--since', since, 'back', now))]),
    ...(until === undefined ? [] : [timeTerm('<=', momentOf('--until', until, 'back', now))]),
  ];
  return {
    query: terms.join(' AND '),
    hasRevision: (found) => revision === undefined || matches(found, revision),
    object: object === undefined ? undefined : objectName(object),
  };
}

/** Outcomes as people name them, and the phases in which such runs are: values of SluicePhase. */
export const phases: Readonly<Record<string, readonly string[]>> = {
  applied: ['applied'],
  stored: ['stored'],
  failed: ['failed'],
  parked: ['parked'],
  canceled: ['canceled'],
  waiting: ['waiting'],
  rejected: ['rejected', 'stalled'],
  deleted: ['deleted'],
  running: ['starting', 'syncing'],
};

/** What brings a sync about, in the words of a reference; the keys are the values of SluiceTrigger. */
export const triggerMeanings: Readonly<Record<Trigger, string>> = {
  start: 'the workflow began: a new object, a workflow that was missing, or another task queue',
  spec: 'the spec, or an annotation of Sluice, changed',
  source: 'the source has another revision',
  interval: 'spec.interval has passed',
  retry: 'the pass before failed',
  request: 'somebody asked for it',
  dependency: 'a Kustomization that it depends on turned ready',
  config: 'a ConfigMap or Secret that it uses changed',
  drift: 'others changed or deleted what was applied',
  resume: 'a suspension reached its end',
  delete: 'the object is being deleted',
};

const triggers = Object.keys(triggerMeanings);

function phaseTerm(outcome: string): string {
  const wanted = Object.hasOwn(phases, outcome) ? phases[outcome] : undefined;
  if (!wanted) {
    const known = Object.keys(phases).join(', ');
    throw new CliError(`there is no outcome "${outcome}"`, `use one of ${known}`);
  }
  const names = wanted.map(quoted).join(', ');
  return `${attributes.phase.name} IN (${names})`;
}

function triggerTerm(trigger: string): string {
  if (!triggers.includes(trigger)) {
    throw new CliError(`there is no trigger "${trigger}"`, `use one of ${triggers.join(', ')}`);
  }
  return `${attributes.trigger.name}=${quoted(trigger)}`;
}

function revisionTerms(revision: string): string[] {
  if (!/^[\w.+/@:-]{1,300}$/.test(revision)) {
    throw new CliError(
      `"${revision}" is no revision`,
      'give one as main@sha1:<hash>, the begin of one, or the first characters of a hash',
    );
  }
  // Temporal finds a value by its begin only, and a hash stands at the end of a revision.
  if (hash.test(revision)) return [];
  return [`${attributes.revision.name} STARTS_WITH ${quoted(revision)}`];
}

const hash = /^[0-9a-f]{4,}$/i;

function matches(found: string, wanted: string): boolean {
  if (found.startsWith(wanted)) return true;
  const ending = found.slice(found.lastIndexOf(':') + 1);
  return hash.test(wanted) && ending.startsWith(wanted.toLowerCase());
}

function timeTerm(comparison: '>=' | '<=', moment: Date): string {
  return `StartTime ${comparison} ${quoted(moment.toISOString())}`;
}

function objectName(text: string): string {
  const parts = text.split('/');
  if (parts.length >= 2 && parts.length <= 3 && parts.every((part) => part !== '')) return text;
  throw new CliError(
    `"${text}" names no object`,
    'write Kind/namespace/name, or Kind/name for a cluster-scoped one',
  );
}

/** A value of the query language, whatever characters are in it. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, '\\$&')}"`;
}
