import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';
import {
  explainQuery,
  forcingTriggers,
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
  /** What asked for a pass since the last one began: a person, or a change that no look can see. */
  readonly demand: Wake | undefined;
  /** What forces a pass among all that came in: a demand, or a drift, which ends no health wait. */
  readonly forcing: Wake | undefined;
  /** What the next run is told of its task queue. */
  readonly handOn: { readonly taskQueue?: string };
  /** The task queue that the workflow has to move to, where it was told another one than its own. */
  readonly movesTo: string | undefined;
  /** A pass begins: it answers what came in before, and nothing that comes in later. */
  begin(): void;
  /** Takes everything that came in: a demand counts first, then a drift, then what came first. The first two force a pass. */
  take(): { readonly wake: Wake; readonly forced: boolean } | undefined;
  /** Demands a pass and waits for how it ends. */
  ask(reason: string): Promise<PassReport>;
  /** The pass has ended: answers the updates that came in before it began. */
  answer(report: PassReport): void;
  /** The object is gone: answers every update, those still to come too, and returns when all have their answer. */
  close(): Promise<void>;
  /** Updates that wait for a pass; while there are any, the run must not continue as new. */
  readonly waiting: number;
}

/**
 * Installs the handlers of a run, before anything is awaited, so that no buffered signal is missed. `ownQueue` is the task queue it runs on,
 * handed on from run to run: what the worker tells of it is another one in a replay.
 */
export function openInbox(explain: () => Explanation, ownQueue?: string): Inbox {
  const state: State = {
    pending: [],
    count: 0,
    waiting: 0,
    begun: 0,
    ended: 0,
    report: gone,
    ownQueue,
    taskQueue: ownQueue,
  };
  const ask = installHandlers(state, explain);
  const { pending } = state;
  return {
    ask,
    get count() {
      return state.count;
    },
    get pending() {
      return pending.length;
    },
    get waiting() {
      return state.waiting;
    },
    get demand() {
      return pending.find(isDemand);
    },
    get forcing() {
      return forcingOf(state);
    },
    get handOn() {
      return state.taskQueue ? { taskQueue: state.taskQueue } : {};
    },
    get movesTo() {
      return state.taskQueue === state.ownQueue ? undefined : state.taskQueue;
    },
    begin() {
      pending.length = 0;
      state.begun++;
    },
    take() {
      const [first] = pending;
      if (!first) return undefined;
      const forcing = forcingOf(state);
      pending.length = 0;
      return { wake: forcing ?? first, forced: forcing !== undefined };
    },
    answer(report) {
      state.report = report;
      state.ended = state.begun;
    },
    async close() {
      state.report = gone;
      state.ended = Number.POSITIVE_INFINITY;
      await condition(allHandlersFinished);
    },
  };
}

interface State {
  readonly pending: Wake[];
  count: number;
  waiting: number;
  /** Passes that began, and the number of the last one that ended, with its report. */
  begun: number;
  ended: number;
  report: PassReport;
  /** The task queue that it runs on, and the one that was told last. */
  ownQueue: string | undefined;
  taskQueue: string | undefined;
}

function installHandlers(state: State, explain: () => Explanation): Inbox['ask'] {
  const put = (wake: Wake | undefined): void => {
    state.count++;
    if (isWake(wake) && wake.taskQueue) {
      // Whoever starts a workflow tells it the queue that it was started on.
      state.ownQueue ??= wake.taskQueue;
      state.taskQueue = wake.taskQueue;
    }
    // Beyond a few the reasons add nothing, and a storm of signals must not grow the state.
    const message = isWake(wake) ? wake : {};
    const isFirst = [isDemand, isDrift].some((is) => is(message) && !state.pending.some(is));
    if (isFirst || state.pending.length < 20) state.pending.push(message);
  };
  setHandler(reconcileSignal, put, { description: 'Reconcile now, e.g. {"reason":"manual"}' });
  const ask = async (reason: string): Promise<PassReport> => {
    const wanted = state.begun + 1;
    state.waiting++;
    put({ reason });
    await condition(() => state.ended >= wanted);
    state.waiting--;
    return state.report;
  };
  setHandler(reconcileUpdate, (wake) => ask(isWake(wake) ? (wake.reason ?? 'update') : 'update'), {
    description: 'Reconcile now and return how the pass ended',
  });
  setHandler(explainQuery, explain, {
    description: 'What it does or waits for, since when, and who can unblock it',
  });
  return ask;
}

const gone: PassReport = { ready: false, reason: 'Deleted', message: 'the object is gone' };

function isWake(value: unknown): value is Wake {
  return typeof value === 'object' && value !== null;
}

function forcingOf({ pending }: State): Wake | undefined {
  return pending.find(isDemand) ?? pending.find(isDrift);
}

function isDemand(wake: Wake): boolean {
  return wake.trigger === undefined || (forcingTriggers.includes(wake.trigger) && !isDrift(wake));
}

function isDrift({ trigger }: Wake): boolean {
  return trigger === 'drift';
}
