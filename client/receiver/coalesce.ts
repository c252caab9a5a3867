/** Makes many calls for the same name few. */
export interface Coalescer {
  /**
   * Does the work for a name, or joins work that was asked for and has not begun; what has begun may have missed what the caller knows.
   * Settles as the work that it joined does.
   */
  run(name: string, work: () => Promise<void>): Promise<void>;
}

/** A coalescer that begins work for one name no more often than every `gapMs`, the first at once, and never twice side by side. */
export function createCoalescer(gapMs: number): Coalescer {
  const names = new Map<string, Turn>();
  const begin = (name: string, work: () => Promise<void>): Promise<void> => {
    const running = work();
    const turn: Turn = { begunAt: Date.now(), running, next: undefined };
    names.set(name, turn);
    const forget = (): void => {
      setTimeout(() => {
        if (names.get(name) === turn && !turn.next) names.delete(name);
      }, gapMs).unref();
    };
    running.then(forget, forget);
    return running;
  };
  return {
    run(name, work) {
      const turn = names.get(name);
      if (!turn) return begin(name, work);
      turn.next ??= turn.running
        .catch(() => undefined)
        .then(() => pause(turn.begunAt + gapMs - Date.now()))
        .then(() => begin(name, work));
      return turn.next;
    },
  };
}

interface Turn {
  readonly begunAt: number;
  readonly running: Promise<void>;
  next: Promise<void> | undefined;
}

function pause(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
