import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { createWaker } from '../../../client/bridge/waker.ts';
import { createLog } from '../../../client/log.ts';

const log = createLog({ stream: { write: () => undefined } });
const key = { namespace: 'apps', name: 'web' };

/** A waker whose every call to Temporal is counted, and ends as `call` says. */
function wakerWith(call: () => Promise<unknown>): {
  waker: ReturnType<typeof createWaker>;
  calls: () => number;
} {
  let calls = 0;
  const signalWithStart = (): Promise<unknown> => {
    calls++;
    return call();
  };
  const client = { workflow: { signalWithStart } } as unknown as Client;
  return {
    waker: createWaker(client, log, { taskQueue: 'q', concurrency: 1 }),
    calls: () => calls,
  };
}

test('a waker that is closed gives up what fails, and tries nothing again', async () => {
  const { waker, calls } = wakerWith(() => Promise.reject(new Error('the connection is closed')));
  waker.wake('Kustomization', key, 'source', 'a revision');
  waker.wake('Kustomization', { ...key, name: 'other' }, 'source', 'a revision');
  await expect.poll(calls).toBe(1);
  await waker.close();
  expect(calls()).toBe(2);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(calls()).toBe(2);
});

test('a waker that is closed sends what waits', async () => {
  const { waker, calls } = wakerWith(() => new Promise((resolve) => setTimeout(resolve, 50)));
  for (const name of ['a', 'b', 'c']) {
    waker.wake('Kustomization', { ...key, name }, 'source', 'a revision');
  }
  await waker.close();
  expect(calls()).toBe(3);
});
