import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dispatcher } from 'undici';
import { ApiError } from './api-error.ts';

/** The right of an attempt to change something: it is lost for good when it was not renewed for too long. */
export interface Lease {
  /** The clock that it counts by, in milliseconds. */
  now(): number;
  /** The attempt counted at that time of the clock; now where none is given. */
  renew(at?: number): void;
  /** Raises ApiError of status 0 where the lease is lost. */
  check(): void;
}

/** How many milliseconds an attempt may go on unheard. Temporal gives it to another worker ten seconds after the last heartbeat that it got. */
export const unheardLimitMs = 6000;

/** A lease that counts by the clock that is given, in milliseconds; the clock has to go on while the process is stopped. */
export function createLease(now: () => number = () => performance.now()): Lease {
  let renewed = now();
  let unheardMs = 0;
  const look = (at: number): void => {
    unheardMs = Math.max(unheardMs, at - renewed);
  };
  return {
    now,
    renew(at = now()) {
      look(at);
      renewed = at;
    },
    check() {
      look(now());
      if (unheardMs <= unheardLimitMs) return;
      const message = `for ${Math.round(unheardMs / 1000)}s this worker stood still, or Temporal did not answer it, and another one may have taken over: nothing more is written`;
      throw new ApiError(0, 'LeaseLost', message);
    },
  };
}

const held = new AsyncLocalStorage<Lease>();

/** Runs work whose changes to a cluster need the lease. */
export function underLease<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
  return held.run(lease, work);
}

/**
 * Has every change that is sent through the dispatcher check the lease of the work that asked for it, when a connection is free and its
 * first byte is about to be written: it may have waited in a queue for long. Work without a lease may change what it likes.
 */
export const checksLease: Dispatcher.DispatcherComposeInterceptor =
  (dispatch) => (options, handler) => {
    const lease = held.getStore();
    if (!lease || options.method === 'GET') return dispatch(options, handler);
    const begin = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      try {
        lease.check();
      } catch (error) {
        controller.abort(error as Error);
        return;
      }
      begin?.(controller, context);
    };
    return dispatch(options, handler);
  };
