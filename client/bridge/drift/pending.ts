import type { ObjectRef } from '../../../activities/cluster/object.ts';
import { createBackoff } from './backoff.ts';
import type { Owner } from './owner.ts';
import type { Place } from './place.ts';
import { culpritOf, faultInWords, reasonOf, type Fault } from './reason.ts';

/** One object that is not as it was applied. */
export interface Drift {
  readonly ref: ObjectRef;
  readonly place: Place;
  readonly fault: Fault;
  /** What the cluster says when asked, where a watch alone can not tell; undefined where it is no drift after all. */
  readonly confirm?: (owner: Owner) => Promise<Fault | undefined>;
}

/** A drift that comes back again and again. */
export interface Repetition {
  readonly words: string;
  readonly count: number;
  readonly delayMs: number;
}

/** What the drifts of an owner lead to. */
export interface DriftActions {
  readonly owner: (name: string) => Owner | undefined;
  readonly wake: (owner: Owner, reason: string) => void;
  readonly repeated: (owner: Owner, repetition: Repetition) => void;
}

/** The drifts that no pass has corrected yet, by owner and object. */
export interface PendingDrifts {
  note(owner: string, id: string, drift: Drift): void;
  /** The object is as it was applied again, or none of the owner's. */
  clear(owner: string, id: string): void;
  /** The owner has changed: a pass of its has ended, perhaps. */
  settle(owner: string): void;
  forget(owner: string): void;
  stop(): void;
}

/**
 * Drifts that wake their owners. Each is told once: what a pass leaves as it is, it leaves on purpose or tries again by itself. While a
 * pass runs nothing is told, and what is left when it has ended is judged then.
 */
export function createPendingDrifts(actions: DriftActions): PendingDrifts {
  const drifts = new Map<string, Map<string, Entry>>();
  const admit = admission(actions);
  const timers = createTimers((name) => {
    void judge(name);
  });
  const judge = async (name: string): Promise<void> => {
    const mine = drifts.get(name);
    const before = actions.owner(name);
    if (!mine || !before || isHeld(before)) return;
    await confirmAll(before, mine);
    // Asking took its time: a pass may have begun, and another judgement may have told the drifts.
    const owner = actions.owner(name);
    if (!owner || isHeld(owner)) return;
    for (const id of mine.keys()) if (!owner.entries.has(id)) mine.delete(id);
    const open = [...mine].filter(([, { told }]) => !told);
    for (const [id, entry] of open) entry.dueAt ??= admit(owner, id, entry);
    tell(
      owner,
      open.map(([, entry]) => entry),
    );
  };
  const tell = (owner: Owner, open: readonly Entry[]): void => {
    const now = Date.now();
    const due = open.filter((entry) => dueOf(entry) <= now);
    for (const entry of due) entry.told = true;
    if (due.length > 0) actions.wake(owner, reasonOf(due.map(inWords)));
    const later = open.filter(({ told }) => !told).map(dueOf);
    if (later.length > 0) timers.start(owner.name, Math.min(...later) - now);
  };
  return {
    note(owner, id, drift) {
      const mine = drifts.get(owner) ?? new Map<string, Entry>();
      drifts.set(owner, mine);
      const mark = JSON.stringify(drift.fault);
      const last = mine.get(id);
      if (last?.mark === mark) return;
      // Whoever writes on and on must not put the correction off.
      const dueAt = last?.told === false ? last.dueAt : undefined;
      mine.set(id, { drift, mark, fault: drift.fault, told: false, dueAt });
      timers.start(owner, settleMs);
    },
    clear(owner, id) {
      drifts.get(owner)?.delete(id);
    },
    settle(owner) {
      if ((drifts.get(owner)?.size ?? 0) > 0) timers.start(owner, settleMs);
    },
    forget(owner) {
      drifts.delete(owner);
      timers.cancel(owner);
    },
    stop() {
      timers.stop();
    },
  };
}

/** Says when a drift is to be told, and tells of one that is held back because it has come again. */
function admission(actions: DriftActions): (owner: Owner, id: string, entry: Entry) => number {
  const backoff = createBackoff();
  return (owner, id, entry) => {
    const now = Date.now();
    const key = [owner.name, entry.drift.place.id, id, culpritOf(entry.fault)].join('\n');
    const { delayMs, count } = backoff.next(key, owner.intervalMs, now);
    if (count > 1) actions.repeated(owner, { words: inWords(entry), count, delayMs });
    return now + delayMs;
  };
}

function inWords({ drift, fault }: Entry): string {
  return faultInWords(drift.ref, fault);
}

function dueOf({ dueAt = 0 }: Entry): number {
  return dueAt;
}

interface Entry {
  readonly drift: Drift;
  /** Tells this drift from the one before. */
  readonly mark: string;
  fault: Fault;
  told: boolean;
  /** When it is to be told. */
  dueAt?: number | undefined;
}

/** Objects and their owners come on streams of their own; this much one may be behind the other. */
const settleMs = 200;

function isHeld({ busy, stopped }: Owner): boolean {
  return busy || stopped;
}

async function confirmAll(owner: Owner, mine: Map<string, Entry>): Promise<void> {
  const open = [...mine].filter(([, { told, drift }]) => !told && drift.confirm !== undefined);
  for (const [id, entry] of open) {
    const fault = await entry.drift.confirm?.(owner).catch(() => entry.fault);
    if (fault) entry.fault = fault;
    else if (mine.get(id) === entry) mine.delete(id);
  }
}

interface Timers {
  /** Runs after this many milliseconds, or earlier where it is to run already. */
  start(name: string, ms: number): void;
  cancel(name: string): void;
  stop(): void;
}

function createTimers(run: (name: string) => void): Timers {
  const timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>();
  const cancel = (name: string): void => {
    clearTimeout(timers.get(name)?.timer);
    timers.delete(name);
  };
  return {
    start(name, ms) {
      const at = Date.now() + ms;
      if ((timers.get(name)?.at ?? Number.POSITIVE_INFINITY) <= at) return;
      cancel(name);
      const fire = (): void => {
        timers.delete(name);
        run(name);
      };
      // Node runs a timer of more than 24 days at once.
      timers.set(name, { timer: setTimeout(fire, Math.min(ms, 86_400_000)), at });
    },
    cancel,
    stop() {
      for (const name of [...timers.keys()]) cancel(name);
    },
  };
}
