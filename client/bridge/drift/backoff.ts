/** How long a drift waits for its correction, and the how many-th in a row it is. */
export interface Turn {
  readonly delayMs: number;
  readonly count: number;
}

/** Slows the correction of what drifts again and again. */
export interface Backoff {
  /** The next turn of a drift: at once, then after 1, 2, 4, … seconds up to the cap, and at once again after a quiet time. */
  next(key: string, capMs: number, now: number): Turn;
}

/** A backoff that has seen no drift yet. */
export function createBackoff(): Backoff {
  const turns = new Map<string, Turn & { readonly at: number }>();
  let sweptAt = 0;
  const sweep = (now: number): void => {
    if (now - sweptAt < minute) return;
    sweptAt = now;
    for (const [key, turn] of turns) if (isOver(turn, now)) turns.delete(key);
  };
  return {
    next(key, capMs, now) {
      sweep(now);
      const found = turns.get(key);
      const last = found && !isOver(found, now) ? found : undefined;
      const delayMs = last ? Math.min(Math.max(2 * last.delayMs, firstMs), capMs) : 0;
      const turn = { delayMs, count: (last?.count ?? 0) + 1, at: now + delayMs };
      turns.set(key, turn);
      return turn;
    },
  };
}

const firstMs = 1000;
const minute = 60_000;

/** Whoever fights comes back soon after a correction; the longer we wait, the longer it may take to. */
function isOver({ at, delayMs }: Turn & { readonly at: number }, now: number): boolean {
  return now - at > Math.min(Math.max(2 * delayMs, minute), 10 * minute);
}
