import { CancelledFailure, Context } from '@temporalio/activity';
import { ActivityCancelledError } from '@temporalio/client';
import { ApiError, isTransient } from './cluster/api-error.ts';
import { createLease, underLease, type Lease } from './cluster/lease.ts';
import { fail } from './failures.ts';
import { standstillWatch } from './standstill.ts';

/**
 * An activity that heartbeats once a second while it runs, unless it is a local one: a dead worker is noticed, and a cancellation arrives.
 * What an API server refuses fails at once, with its reason, instead of being tried again for as long as an outage would be. An attempt
 * that stood still, or was cut off from the server, for so long that another worker may have taken over writes nothing more; one that
 * merely waits does not ask for that, since it may wait for hours.
 */
export function alive<Args extends unknown[], Result>(
  run: (...args: Args) => Promise<Result>,
  { waits = false }: { readonly waits?: boolean } = {},
): (...args: Args) => Promise<Result> {
  const watch = standstillWatch();
  return async (...args) => {
    const context = Context.current();
    const { isLocal } = context.info;
    if (!isLocal && watch.lately()) await confirm(context);
    const lease = createLease();
    const renewByAnswer = isLocal || waits ? undefined : renewal(lease, context);
    const beat = setInterval(() => {
      if (!isLocal) context.heartbeat();
      if (renewByAnswer) renewByAnswer();
      else lease.renew();
    }, 1000);
    try {
      return await underLease(lease, () => run(...args));
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

/** Renews a lease by what the server answers, as of the moment at which it was asked: from then on it counts. */
function renewal(lease: Lease, context: Context): () => void {
  let isAsking = false;
  return () => {
    if (isAsking) return;
    isAsking = true;
    const asked = lease.now();
    confirm(context)
      .then(
        () => {
          lease.renew(asked);
        },
        // Without an answer the lease ends by itself.
        () => undefined,
      )
      .finally(() => {
        isAsking = false;
      });
  };
}

/**
 * Has the server say that this attempt still counts. A stopped worker may hold a task that it was sent meanwhile, and that another worker
 * has since done.
 */
async function confirm({ client, info }: Context): Promise<void> {
  await client.activity.heartbeat(info.taskToken).catch((error: unknown) => {
    // The attempt counts, and learns of its end by its own heartbeat.
    if (!(error instanceof ActivityCancelledError)) throw error;
  });
}
