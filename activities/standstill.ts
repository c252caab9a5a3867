import { unheardLimitMs } from './cluster/lease.ts';

/** Tells whether the process stood still: stopped by a signal, starved, or frozen with its machine. */
export interface StandstillWatch {
  /** True when it stood still within the last minute: what it received before may have been given to another worker meanwhile. */
  lately(): boolean;
}

const tickMs = 1000;
const latelyMs = 60_000;

/** A watch that is ticked once a second and counts by the clock that is given, in milliseconds. */
export function createStandstillWatch(now: () => number): StandstillWatch & { tick(): void } {
  let seen = now();
  let stood = -Infinity;
  const tick = (): void => {
    const at = now();
    if (at - seen > unheardLimitMs) stood = at;
    seen = at;
  };
  return {
    tick,
    lately() {
      tick();
      return now() - stood < latelyMs;
    },
  };
}

let watch: StandstillWatch | undefined;

/** The watch over this process; it begins with the first call. */
export function standstillWatch(): StandstillWatch {
  if (watch) return watch;
  const begun = createStandstillWatch(() => performance.now());
  setInterval(() => {
    begun.tick();
  }, tickMs).unref();
  return (watch = begun);
}
