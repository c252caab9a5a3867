import { CancelledFailure, Context } from '@temporalio/activity';

/** An activity that heartbeats once a second while it runs: a dead worker is noticed, and a cancellation arrives. */
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
      throw error;
    } finally {
      clearInterval(beat);
    }
  };
}
