import { CancellationScope, condition, patched } from '@temporalio/workflow';
import type { Inbox } from './inbox.ts';

/**
 * Runs a wait and ends it with a cancellation as soon as a message brings real news. A message that brings none,
 * such as a source that announces the same revision again, leaves the wait alone.
 */
export async function whileQuiet<T>(
  inbox: Inbox,
  wait: () => Promise<T>,
  isNews: () => Promise<boolean>,
): Promise<T> {
  const scope = new CancellationScope({ cancellable: true });
  const state = { over: false };
  const waiting = scope.run(wait).finally(() => {
    state.over = true;
  });
  const watching = (async () => {
    // What came in since the pass began is news to the wait, too: it begins with a look.
    let seen = inbox.pending > 0 && patched('news-before-wait') ? -1 : inbox.count;
    for (;;) {
      await condition(() => state.over || inbox.count !== seen);
      if (state.over) return;
      seen = inbox.count;
      if (await isNews()) {
        scope.cancel();
        return;
      }
    }
  })();
  const [outcome] = await Promise.allSettled([waiting, watching]);
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}
