import { Worker } from 'node:worker_threads';
import type { RenderedSet } from '../cluster/rendered.ts';
import { fail, isFailureCode } from '../failures.ts';
import type { BuildOrder } from './build-objects.ts';

/** Builds in a thread of its own, so that neither starting programs nor reading large manifests holds up what else a worker does. */
export interface Builder {
  /** Raises what the build raises, or an Error where the thread ended under it; the next order has a new one. */
  build(order: BuildOrder): Promise<RenderedSet>;
}

/** What the thread is asked, and what it answers. */
export interface Question {
  readonly id: number;
  readonly order: BuildOrder;
}

/** The objects, or the message of an error and its code where it is a failure. */
export type Answer = { readonly id: number } & (
  { readonly set: RenderedSet } | { readonly fault: { message: string; code?: string } }
);

/** Opens a builder; the thread begins with the first order. `file` is the code of the thread, where it is not beside this one. */
export function openBuilder(file = threadFile): Builder {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | undefined;
  let next = 0;
  const settle = (answer: Answer): void => {
    const order = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) thread?.unref();
    if ('set' in answer) order?.resolve(answer.set);
    else order?.reject(errorOf(answer.fault));
  };
  const begin = (): Worker => {
    const begun = threadOf(file);
    let cause = 'it ended';
    begun.on('message', settle);
    begun.on('error', ({ message }) => {
      cause = message;
    });
    begun.once('exit', () => {
      if (thread === begun) thread = undefined;
      for (const { reject } of waiting.values()) {
        reject(new Error(`the thread of the build is gone: ${cause}`));
      }
      waiting.clear();
    });
    return begun;
  };
  return {
    build(order) {
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        thread ??= begin();
        thread.ref();
        thread.postMessage({ id, order } satisfies Question);
      });
    },
  };
}

interface Waiting {
  readonly resolve: (set: RenderedSet) => void;
  readonly reject: (error: Error) => void;
}

const source = new URL(import.meta.url);
const threadFile = new URL(
  source.pathname.endsWith('.ts') ? './build-thread.ts' : './build-thread.js',
  import.meta.url,
);

/** TypeScript needs a loader, which no thread has from whoever began it. */
function threadOf(file: URL): Worker {
  if (!file.pathname.endsWith('.ts')) return new Worker(file);
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = JSON.stringify(file.href);
  const begin = `import(${loader}).then(({ register }) => (register(), import(${code})))`;
  return new Worker(begin, { eval: true });
}

function errorOf({ message, code }: { message: string; code?: string }): Error {
  return code !== undefined && isFailureCode(code) ? fail(code, message) : new Error(message);
}
