import { expect, test } from 'vitest';
import { createAllowance } from '../../../client/receiver/allowance.ts';
import { createCoalescer } from '../../../client/receiver/coalesce.ts';
import { createDirectory, webhookPath } from '../../../client/receiver/hook.ts';

test('the first call is done at once, and those that come meanwhile are one more', async () => {
  const coalescer = createCoalescer(50);
  const begun: string[] = [];
  const call = (name: string): Promise<void> =>
    coalescer.run('object', () => {
      begun.push(name);
      return Promise.resolve();
    });
  const calls = ['a', 'b', 'c', 'd'].map(call);
  expect(begun).toEqual(['a']);
  await Promise.all(calls);
  expect(begun).toEqual(['a', 'b']);
});

test('work never runs twice side by side, and what fails fails for those who joined it', async () => {
  const coalescer = createCoalescer(0);
  let running = 0;
  let most = 0;
  let count = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 10));
    running--;
    if (++count === 2) throw new Error('failed');
  };
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => coalescer.run('object', work)));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect([most, count]).toEqual([1, 2]);
  await coalescer.run('object', work);
  expect(count).toBe(3);
});

test('an allowance is spent by each name alone and comes back with time', () => {
  let now = 0;
  const allowance = createAllowance({ burst: 2, perSecond: 1 }, () => now);
  const spend = (name: string): boolean => allowance.spend(name, 1);
  expect([spend('a'), spend('a'), spend('a'), spend('b')]).toEqual([true, true, false, true]);
  now = 1000;
  expect([spend('a'), spend('a')]).toEqual([true, false]);
  now = 3_600_000;
  expect([spend('a'), spend('a'), spend('a')]).toEqual([true, true, false]);
  allowance.charge('a', 5);
  now += 4000;
  expect(spend('a')).toBe(false);
});

test('where two Receivers have one path the older one has it, until it is gone', () => {
  const directory = createDirectory();
  const hook = (namespace: string, name: string, createdAt: string) => {
    const key = { namespace, name };
    return { key, createdAt, path: webhookPath('t', key), open: undefined };
  };
  const first = hook('c', 'ab', '2026-01-01T00:00:00Z');
  const second = hook('bc', 'a', '2026-01-02T00:00:00Z');
  expect(first.path).toBe(second.path);
  directory.put(second);
  directory.put(first);
  expect(directory.find(first.path)?.key).toEqual(first.key);
  directory.remove(first.key);
  expect(directory.find(first.path)?.key).toEqual(second.key);
  directory.put({ ...second, path: '/hook/other' });
  expect(directory.find(first.path)).toBeUndefined();
  expect(directory.find(`${second.path}?a`)).toBeUndefined();
});
