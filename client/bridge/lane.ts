/** Lets a few through at a time. */
export interface Lane {
  /** Lets a name through as soon as there is room for it; the last call for a name counts. */
  put(name: string, pass: () => void): void;
  /** Room for the next: what was let through under this name has ended. */
  done(name: string): void;
}

/** A lane with room for `width` names; one that is not done within the time makes room all the same. */
export function createLane(width = 16, patienceMs = 5000): Lane {
  const waiting = new Map<string, () => void>();
  const inside = new Map<string, NodeJS.Timeout>();
  const pump = (): void => {
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
    const timer = inside.get(name);
    if (!timer) return;
    clearTimeout(timer);
    inside.delete(name);
    pump();
  };
  return {
    put(name, pass) {
      waiting.delete(name);
      waiting.set(name, pass);
      pump();
    },
    done,
  };
}
