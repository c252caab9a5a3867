import { CancelledFailure, Context } from '@temporalio/activity';
import { ApiError, isTransient } from './cluster/api-error.ts';
import { fail } from './failures.ts';

/**
 * An activity that heartbeats once a second while it runs: a dead worker is noticed, and a cancellation arrives. What an API server refuses
 * fails at once, with its reason, instead of being tried again for as long as an outage would be.
 */
export function alive<Args extends unknown[], Result>(
  run: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    const context = Context.current();
    const beat = setInterval(() => {
      context.heartbeat();
    }, 1000);
    try {
      return await run(...args);
    } catch (error) {
      if (context.cancellationSignal.aborted) throw new CancelledFailure('the wait was ended');
      if (!(error instanceof ApiError)) throw error;
      const code = isTransient(error) ? 'ClusterUnavailable' : 'ApplyFailed';
      throw fail(code, `${error.message} (${error.reason})`);
    } finally {
      clearInterval(beat);
    }
  };
}
