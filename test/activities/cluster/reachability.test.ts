import { expect, test, vi } from 'vitest';
import { ApiError } from '../../../activities/cluster/api-error.ts';
import { createReachability } from '../../../activities/cluster/reachability.ts';

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('aborted'));
    });
  });

test('a cluster that does not answer is asked once for all callers, and then left alone for a while', async () => {
  const reachability = createReachability('c:6443');
  const ask = vi.fn(never);
  const results = await Promise.allSettled([reachability.ensure(ask), reachability.ensure(ask)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(ask).toHaveBeenCalledTimes(1);
  await expect(reachability.ensure(ask)).rejects.toThrow(
    'c:6443 does not answer; it is asked again',
  );
  expect(ask).toHaveBeenCalledTimes(1);
}, 20_000);

test('any answer counts, and is good for a while', async () => {
  const reachability = createReachability('c:6443');
  const ask = vi.fn(() => Promise.reject(new ApiError(403, 'Forbidden', 'no')));
  await reachability.ensure(ask);
  reachability.after('answered');
  await reachability.ensure(ask);
  expect(ask).toHaveBeenCalledTimes(1);
});

test('the pause grows with every failure, and ends with an answer', () => {
  vi.useFakeTimers();
  try {
    const reachability = createReachability('c:6443');
    const pauses = [2, 4, 8, 16, 32, 60, 60];
    for (const seconds of pauses) {
      reachability.after('unreachable');
      reachability.after('unreachable');
      vi.advanceTimersByTime(seconds * 1000 - 1);
      expect(reachability.before).toThrow(ApiError);
      vi.advanceTimersByTime(1);
      expect(reachability.before).not.toThrow();
    }
    reachability.after('unreachable');
    reachability.after('answered');
    expect(reachability.before).not.toThrow();
  } finally {
    vi.useRealTimers();
  }
});
