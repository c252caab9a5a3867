import { expect, test } from 'vitest';
import { createLane } from '../../../client/bridge/lane.ts';

function lane(times: { patienceMs?: number; holdMs?: number } = {}) {
  const passed: string[] = [];
  const made = createLane({ width: 2, ...times });
  const put = (name: string, text = name): void => {
    made.put(name, () => passed.push(text));
  };
  const done = (name: string): void => {
    made.done(name);
  };
  return { passed, put, done, hold: made.hold };
}

test('only as many as there is room for are let through, in their order', () => {
  const { passed, put, done } = lane();
  for (const name of ['a', 'b', 'c', 'd']) put(name);
  expect(passed).toEqual(['a', 'b']);
  done('b');
  done('unknown');
  expect(passed).toEqual(['a', 'b', 'c']);
  done('a');
  expect(passed).toEqual(['a', 'b', 'c', 'd']);
});

test('of several calls for a name the last counts, also while the first is under way', () => {
  const { passed, put, done } = lane();
  put('a', 'first');
  put('b');
  put('a', 'second');
  put('a', 'third');
  expect(passed).toEqual(['first', 'b']);
  done('a');
  expect(passed).toEqual(['first', 'b', 'third']);
});

test('one that never ends makes room after a while', async () => {
  const { passed, put } = lane({ patienceMs: 20 });
  for (const name of ['a', 'b', 'c']) put(name);
  await expect.poll(() => passed).toEqual(['a', 'b', 'c']);
});

test('nobody is let through while others have precedence', () => {
  const { passed, put, done, hold } = lane();
  hold(['x', 'y']);
  put('a');
  done('x');
  expect(passed).toEqual([]);
  done('y');
  expect(passed).toEqual(['a']);
});

test('precedence ends after a while, and does not come back at once', async () => {
  const { passed, put, hold } = lane({ holdMs: 50 });
  hold(['x']);
  put('a');
  expect(passed).toEqual([]);
  await expect.poll(() => passed).toEqual(['a']);
  hold(['x']);
  put('b');
  expect(passed).toEqual(['a', 'b']);
});
