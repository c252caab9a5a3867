import { condition, setHandler } from '@temporalio/workflow';
import {
  explainQuery,
  reconcileSignal,
  reconcileUpdate,
  type Explanation,
  type PassReport,
  type Wake,
} from './messages.ts';

/** The signals and updates that reached this run and that no pass has answered yet. */
export interface Inbox {
  /** How many came in since the run began; grows only. */
  readonly count: number;
  /** How many nobody has taken yet. */
  readonly pending: number;
  /** True when somebody asked for a pass and no pass has begun since. */
  readonly demanded: boolean;
  /** A pass begins: it answers what came in before, and nothing that comes in later. */
  begin(): void;
  /** Takes everything that came in: the first reason counts, and one demand makes the whole a demand. */
  take(): { readonly wake: Wake; readonly forced: boolean } | undefined;
  /** The pass has ended: answers the updates that came in before it began. */
  answer(report: PassReport): void;
  /** Updates that wait for a pass; while there are any, the run must not continue as new. */
  readonly waiting: number;
}

/** Installs the handlers of a run, before anything is awaited, so that no buffered signal is missed. */
export function openInbox(explain: () => Explanation): Inbox {
  const pending: Wake[] = [];
  let count = 0;
  let waiting = 0;
  let begun = 0;
  let ended = 0;
  let report: PassReport | undefined;
  const put = (wake: Wake | undefined): void => {
    count++;
    // Beyond a few the reasons add nothing, and a storm of signals must not grow the state.
    if (pending.length < 20) pending.push(isWake(wake) ? wake : {});
  };
  setHandler(reconcileSignal, put, { description: 'Reconcile now, e.g. {"reason":"manual"}' });
  setHandler(
    reconcileUpdate,
    async (wake) => {
      const wanted = begun + 1;
      waiting++;
      put({ reason: isWake(wake) ? (wake.reason ?? 'update') : 'update' });
      await condition(() => ended >= wanted);
      waiting--;
      return report ?? { ready: false, reason: 'Unknown', message: 'the object is gone' };
    },
    { description: 'Reconcile now and return how the pass ended' },
  );
  setHandler(explainQuery, explain, {
    description: 'What it does or waits for, since when, and who can unblock it',
  });
  return {
    get count() {
      return count;
    },
    get pending() {
      return pending.length;
    },
    get waiting() {
      return waiting;
    },
    get demanded() {
      return pending.some(isDemand);
    },
    begin() {
      pending.length = 0;
      begun++;
    },
    take() {
      const [first] = pending;
      if (!first) return undefined;
      const demand = pending.find(isDemand);
      pending.length = 0;
      return { wake: demand ?? first, forced: demand !== undefined };
    },
    answer(next) {
      report = next;
      ended = begun;
    },
  };
}

function isWake(value: unknown): value is Wake {
  return typeof value === 'object' && value !== null;
}

function isDemand(wake: Wake): boolean {
  return wake.trigger === undefined;
}
