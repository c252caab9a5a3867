import type { SearchAttributePair } from '@temporalio/common';
import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { ObjectKey, Trigger } from '../activities/contract.ts';
import { attributes, type Explanation, type ReconciledKind } from './messages.ts';
import { shortRevision } from './schedule.ts';

/** What people see of a run: the search attributes of its row, its memo, the words on its page and the answer of explain. */
export interface Journal {
  /** The run begins a pass for a trigger. */
  begin(trigger: Trigger, why: string): void;
  /** It works on a revision of a source. */
  revision(revision: string | undefined, source?: string): void;
  /** What it does now, in words; costs no history. */
  doing(phase: string, words: string): void;
  /** A pass ended. `memo` goes beside the row and holds names and counts only. */
  ended(end: PassEnd): void;
  /** The status follows a newer revision that needs no pass; the row of the run keeps the one it applied. */
  revised(revision: string): void;
  /** What it waits for after the pass. */
  waits(wait: {
    phase: string;
    awaits: string;
    unblock: string;
    nextMs?: number | undefined;
    /** How things stand, where no pass has just told. */
    doing?: string;
  }): void;
  readonly explanation: Explanation;
}

/** How a pass ended, as far as its row in the history is concerned. */
export interface PassEnd {
  readonly phase: string;
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  readonly memo: Record<string, string | number>;
}

/** Opens the journal of a run. Attributes are written twice a pass: when its revision is known, and at its end. */
export function openJournal(title: string): Journal {
  let now: Explanation = { phase: 'starting', since: time(), doing: 'starting', trigger: 'start' };
  let cause = '';
  const tell = (change: Partial<Explanation>): void => {
    now = { ...now, ...change };
    setCurrentDetails(describe(title, now));
  };
  return {
    begin(trigger, why) {
      cause = why.slice(0, maxWhy);
      now = { phase: 'looking', since: time(), doing: why, trigger, why };
      tell({});
    },
    revision(revision, source) {
      const pairs: SearchAttributePair[] = [
        { key: attributes.phase, value: 'syncing' },
        { key: attributes.trigger, value: now.trigger },
      ];
      if (revision) pairs.push({ key: attributes.revision, value: revision });
      if (source) pairs.push({ key: attributes.source, value: source });
      upsertSearchAttributes(pairs);
      tell(revision ? { revision } : {});
    },
    doing(phase, words) {
      tell({ phase, since: time(), doing: words });
    },
    ended(end) {
      upsertSearchAttributes([
        { key: attributes.phase, value: end.phase },
        { key: attributes.trigger, value: now.trigger },
        { key: attributes.ready, value: end.ready ? 'True' : 'False' },
        { key: attributes.reason, value: end.reason },
      ]);
      upsertMemo({ ...end.memo, why: cause, message: end.message.slice(0, 300) });
      const ended = { phase: end.phase, since: time(), doing: end.message, ready: end.ready };
      tell(end.ready ? ended : { ...ended, lastError: end.message });
    },
    revised(revision) {
      tell({ revision });
    },
    waits({ phase, awaits, unblock, nextMs, doing = now.doing }) {
      const wait = { phase, since: time(), doing, awaits, unblock };
      tell(nextMs === undefined ? wait : { ...wait, nextAt: time(nextMs) });
    },
    get explanation() {
      return now;
    },
  };
}

/** The memo is read with every list of runs: what brought a pass about is told in short. */
const maxWhy = 500;

/** The memo of a run that begins: without it the row would show what the run before it did. */
export function openingMemo(
  kind: ReconciledKind,
  { namespace, name }: ObjectKey,
  why: string,
): Record<string, string> {
  return { object: `${kind}/${namespace}/${name}`, why: why.slice(0, maxWhy) };
}

function time(inMs = 0): string {
  return new Date(Date.now() + inMs).toISOString();
}

function describe(title: string, now: Explanation): string {
  const rows: [string, string | undefined][] = [
    ['Now', now.doing],
    ['Since', now.since],
    ['Trigger', now.trigger],
    ['Because', now.why],
    ['Revision', now.revision && shortRevision(now.revision)],
    ['Waits for', now.awaits],
    ['Next look', now.nextAt],
    ['Who can unblock it', now.unblock],
    ['Last error', now.lastError],
  ];
  const lines = rows
    .filter(([, value]) => value)
    .map(([name, value]) => `- **${name}**: ${value ?? ''}`);
  return [`### ${title}: ${now.phase}`, '', ...lines].join('\n');
}
