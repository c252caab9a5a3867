import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dispatcher } from 'undici';
import { ApiError } from './api-error.ts';

/** The right of an attempt to change something: it is lost for good when the attempt stood still for too long. */
export interface Lease {
  /** The attempt is alive. */
  renew(): void;
  /** Raises ApiError of status 0 where the lease is lost. */
  check(): void;
}

/**
 * How long an attempt may stand still. Temporal gives it to another worker ten seconds after the last heartbeat that it got, and that one
 * may be two seconds older than our last sign of life.
 */
const limitMs = 6000;

/** A lease that counts by the clock that is given, in milliseconds; the clock has to go on while the process is stopped. */
export function createLease(now: () => number = () => performance.now()): Lease {
  let renewed = now();
  let stoodMs = 0;
  const look = (): void => {
    stoodMs = Math.max(stoodMs, now() - renewed);
  };
  return {
    renew() {
      look();
      renewed = now();
    },
    check() {
      look();
      if (stoodMs <= limitMs) return;
      const message = `this worker stood still for ${Math.round(stoodMs / 1000)}s, and another one may have taken over: nothing more is written`;
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
