import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { Parked, Pruned } from '../activities/contract.ts';
import type { Inbox } from './inbox.ts';
import { approveUpdate, parkedQuery, type Approval } from './messages.ts';

/** What a run hands on to the next of deletions that are over the budget. */
export interface CarriedDeletions {
  /** Waits for approval since the last prune. */
  readonly parked?: Parked;
  /** Digest of the set that was approved and that no prune has deleted yet. */
  readonly approved?: string;
}

/** The parked deletions of a Kustomization and their approval, across its passes and runs. */
export interface Deletions {
  readonly carried: CarriedDeletions;
  /** What a pass is told of the approval. */
  forPass(): { approved?: string };
  /** Takes in what a prune did; true where it parked the same deletions as the prune before it. */
  settle(pruned: Pruned): boolean;
}

/**
 * Installs the update that approves and the query that shows what there is to approve. An approval holds until a prune has
 * decided about it: one that deleted the set, or one that found another set and parked that.
 */
export function openDeletions(from: CarriedDeletions, inbox: Inbox): Deletions {
  let { parked, approved } = from;
  let given: string | undefined;
  setHandler(parkedQuery, () => parked, {
    description: 'The deletions that are over the budget and wait for approval',
  });
  setHandler(
    approveUpdate,
    ({ digest, reason = 'deletions approved' }) => {
      approved = digest;
      return inbox.ask(reason);
    },
    {
      validator: (approval) => {
        check(approval, parked);
      },
      description:
        'Delete what is parked, e.g. {"digest":"sha256:…"}, and return how the pass ended',
    },
  );
  return {
    get carried() {
      return { ...(parked ? { parked } : {}), ...(approved ? { approved } : {}) };
    },
    forPass() {
      given = approved;
      return given ? { approved: given } : {};
    },
    settle(pruned) {
      const repeated = parked !== undefined && parked.digest === pruned.parked?.digest;
      parked = pruned.parked;
      // An approval that came in during the pass waits for the next one, if the set is still the same.
      const open = approved !== given && approved === parked?.digest;
      if (!open) approved = undefined;
      return repeated;
    },
  };
}

function check(approval: unknown, parked: Parked | undefined): void {
  if (!parked) throw refused('nothing waits for approval');
  const digest = isApproval(approval) ? approval.digest : undefined;
  if (digest === parked.digest) return;
  const given = typeof digest === 'string' ? digest.slice(0, 80) : 'no digest';
  throw refused(
    `the ${parked.count} parked deletions are ${parked.digest}, not ${given}: look at them again`,
  );
}

function refused(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'ApprovalRefused');
}

function isApproval(value: unknown): value is Partial<Approval> {
  return typeof value === 'object' && value !== null;
}
