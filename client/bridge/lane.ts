/** Lets a few through at a time. */
export interface Lane {
  /** Lets a name through as soon as there is room for it; the last call for a name counts. */
  put(name: string, pass: () => void): void;
  /** Room for the next: what was let through under this name has ended. */
  done(name: string): void;
  /** Lets nobody through until these are done, for a second at most; then not again before as long has passed, so that everybody's turn comes. */
  hold: (names: Iterable<string>) => void;
}

/** A lane with room for `width` names; one that is not done within the time makes room all the same. Times are in milliseconds. */
export function createLane({ width = 8, patienceMs = 5000, holdMs = 1000 } = {}): Lane {
  const held = new Set<string>();
  let holdsFrom = 0;
  const waiting = new Map<string, () => void>();
  const inside = new Map<string, NodeJS.Timeout>();
  const pump = (): void => {
    if (held.size > 0) return;
    for (const [name, pass] of waiting) {
      if (inside.size >= width) return;
      // Under way already: it is let through again when that has ended.
      if (inside.has(name)) continue;
      waiting.delete(name);
      const timer = setTimeout(() => {
        done(name);
      }, patienceMs);
      inside.set(name, timer.unref());
      pass();
    }
  };
  const done = (name: string): void => {
    clearTimeout(inside.get(name));
    if (inside.delete(name) || held.delete(name)) pump();
  };
  return {
    put(name, pass) {
      waiting.delete(name);
      waiting.set(name, pass);
      pump();
    },
    done,
    hold(names) {
      if (Date.now() < holdsFrom) return;
      holdsFrom = Date.now() + 2 * holdMs;
      for (const name of names) held.add(name);
      const release = (): void => {
        held.clear();
        pump();
      };
      setTimeout(release, holdMs).unref();
    },
  };
}
