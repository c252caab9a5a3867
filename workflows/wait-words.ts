import type { Look, ObjectKey, Outcome } from '../activities/contract.ts';
import type { Journal } from './journal.ts';
import { inWords } from './schedule.ts';
import { suspensionInWords } from './suspension.ts';

type WaitWords = Parameters<Journal['waits']>[0];

/** What a Kustomization waits for, and who can end that. */
export function waitInWords(key: ObjectKey, { before, outcome, nextMs }: Ending): WaitWords {
  if (before.verdict === 'suspended') {
    return { ...suspensionInWords('Kustomization', key, before), nextMs };
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

/** True where a pass did not end as it should, so that it is tried again. */
export function isFailure(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && !['applied', 'parked'].includes(outcome.result);
}

/** A wait that begins, after a look or a pass. */
interface Ending {
  readonly before: Look;
  readonly outcome: Outcome | undefined;
  readonly nextMs: number | undefined;
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
