import { AsyncLocalStorage } from 'node:async_hooks';
import type { SpanIds } from './trace-header.ts';

const storage = new AsyncLocalStorage<SpanIds | undefined>();

/** Runs work as a part of a trace, which everything that it calls or waits for can ask for; of none where there is none. */
export function withinTrace<T>(ids: SpanIds | undefined, work: () => T): T {
  return storage.run(ids, work);
}

/** The span that the caller runs below; nothing where it is not traced. */
export function currentTrace(): SpanIds | undefined {
  return storage.getStore();
}
