import { messageOf } from './answer.ts';
import { ApiError } from './api-error.ts';

/** Is asked before every request, and may raise an error instead of it; is told how every request ended. */
export interface RequestWatcher {
  readonly before: () => void;
  /** `refused` is the answer 401, to credentials that do not count; every other answer, good or bad, is `answered`. */
  readonly after: (end: 'answered' | 'refused' | 'unreachable') => void;
}

/** Whether a remote cluster answers, as the requests to it and a short question now and then tell. */
export interface Reachability extends RequestWatcher {
  /**
   * Makes sure that the cluster answered lately, by a question that may take five seconds and that concurrent callers share. Raises
   * ApiError of status 0 where it does not answer, and at once for a while after that.
   */
  readonly ensure: (ask: (signal: AbortSignal) => Promise<unknown>) => Promise<void>;
}

/**
 * Keeps a cluster that hangs from holding up those who do not work on it: after it gave no answer, nothing is sent to it for a pause
 * that grows from two seconds to a minute. `host` is for the messages.
 */
export function createReachability(host: string): Reachability {
  let answeredAt = 0;
  let failures = 0;
  let closedUntil = 0;
  let asking: Promise<void> | undefined;
  const before = (): void => {
    const left = closedUntil - Date.now();
    if (left <= 0) return;
    const again = `it is asked again in ${Math.ceil(left / 1000)}s`;
    throw new ApiError(0, 'Unreachable', `API server ${host} does not answer; ${again}`);
  };
  const after: RequestWatcher['after'] = (end) => {
    if (end === 'unreachable') {
      // Requests that were on their way together are one failure.
      if (Date.now() < closedUntil) return;
      closedUntil = Date.now() + Math.min(firstPauseMs * 2 ** failures, maxPauseMs);
      failures++;
      return;
    }
    answeredAt = Date.now();
    failures = 0;
    closedUntil = 0;
  };
  const question = async (ask: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
    const signal = AbortSignal.timeout(questionMs);
    try {
      await ask(signal);
    } catch (error) {
      if (error instanceof ApiError && error.status > 0) return;
      if (!signal.aborted) throw error;
      after('unreachable');
      const limit = `no answer within ${questionMs / 1000}s (${messageOf(error)})`;
      throw new ApiError(0, 'Unreachable', `API server ${host}: ${limit}`);
    }
  };
  return {
    before,
    after,
    async ensure(ask) {
      before();
      if (Date.now() - answeredAt < freshMs) return;
      asking ??= question(ask).finally(() => {
        asking = undefined;
      });
      await asking;
    },
  };
}

const firstPauseMs = 2_000;
const maxPauseMs = 60_000;
const questionMs = 5_000;
const freshMs = 10_000;
