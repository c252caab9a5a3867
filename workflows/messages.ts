import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ObjectKey, Parked, Trigger } from '../activities/contract.ts';

/** The task queue of workflows and activities. */
export const taskQueue = 'sluice';

/** The kinds that have a workflow each; the value is the workflow type. */
export const workflowTypes = {
  GitRepository: 'source',
  OCIRepository: 'source',
  Kustomization: 'kustomization',
} as const;

/** A kind that has workflows. */
export type ReconciledKind = keyof typeof workflowTypes;

/** The workflow id of an object, `<kind>/<namespace>/<name>`; work on one object is serial because the id is unique. */
export function workflowId(kind: string, key: ObjectKey): string {
  return `${kind.toLowerCase()}/${key.namespace}/${key.name}`;
}

/** "Look again, because …". Without a trigger it comes from a person and forces a pass; so does a changed configuration, or a drift. With another trigger a pass runs only if something is new. */
export interface Wake {
  readonly trigger?: Trigger;
  readonly reason?: string;
  /** Whose workers the workflow belongs to; a bridge tells it of the objects of its shard. */
  readonly taskQueue?: string;
}

/** Triggers that tell of a change outside of object and source: a look would find nothing new, so they force a pass. */
export const forcingTriggers: readonly Trigger[] = ['config', 'drift'];

/** Makes the workflow look again; many signals are one look. */
export const reconcileSignal = defineSignal<[Wake?]>('reconcile');

/** Runs a pass and returns its outcome when the pass has ended. */
export const reconcileUpdate = defineUpdate<PassReport, [Wake?]>('reconcile');

/** Approves the parked deletions that a digest names, runs a pass that deletes them, and returns its outcome. */
export const approveUpdate = defineUpdate<PassReport, [Approval]>('approve');

/** Names a parked set; one that has changed since needs another approval. */
export interface Approval {
  readonly digest: string;
  readonly reason?: string;
}

/** The deletions that wait for approval; nothing where there are none. */
export const parkedQuery = defineQuery<Parked | undefined>('parked');

/** What the workflow does or waits for, since when, and who can unblock it. */
export const explainQuery = defineQuery<Explanation>('explain');

/** How a pass ended, for whoever asked for it. */
export interface PassReport {
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  readonly revision?: string;
}

/** Answer of the query explain. Times are ISO 8601. */
export interface Explanation {
  readonly phase: string;
  readonly since: string;
  readonly doing: string;
  readonly awaits?: string;
  readonly unblock?: string;
  readonly nextAt?: string;
  readonly trigger: Trigger;
  /** What the trigger was, in words. */
  readonly why?: string;
  readonly revision?: string;
  readonly ready?: boolean;
  readonly lastError?: string;
}

/** The keyword search attributes on every run: the questions that people ask of the sync history. */
export const attributes = {
  kind: defineSearchAttributeKey('SluiceKind', SearchAttributeType.KEYWORD),
  namespace: defineSearchAttributeKey('SluiceNamespace', SearchAttributeType.KEYWORD),
  name: defineSearchAttributeKey('SluiceName', SearchAttributeType.KEYWORD),
  source: defineSearchAttributeKey('SluiceSource', SearchAttributeType.KEYWORD),
  revision: defineSearchAttributeKey('SluiceRevision', SearchAttributeType.KEYWORD),
  trigger: defineSearchAttributeKey('SluiceTrigger', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('SluicePhase', SearchAttributeType.KEYWORD),
  ready: defineSearchAttributeKey('SluiceReady', SearchAttributeType.KEYWORD),
  reason: defineSearchAttributeKey('SluiceReason', SearchAttributeType.KEYWORD),
};
