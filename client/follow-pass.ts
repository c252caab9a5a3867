import type { Client } from '@temporalio/client';
import { explainQuery } from '../workflows/messages.ts';

/** Tells what the passes of a workflow do, whenever that changes, until the signal aborts. A query that fails tells nothing. */
export async function followPass(
  client: Client,
  workflowId: string,
  done: AbortSignal,
  tell: (stage: string, words: string) => void,
): Promise<void> {
  let last = '';
  while (!done.aborted) {
    const now = await client.workflow
      .getHandle(workflowId)
      .query(explainQuery)
      .catch(() => undefined);
    if (now && passPhases.has(now.phase) && now.doing !== last) {
      tell(now.phase, now.doing);
      last = now.doing;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const passPhases = new Set(['look', 'fetch', 'render', 'apply', 'health', 'prune']);
