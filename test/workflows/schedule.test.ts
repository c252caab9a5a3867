import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inWords, jittered, retryDelay, shortRevision } from '../../workflows/schedule.ts';

test('the interval is spread by five per cent and no more', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 86_400_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (interval, random) => {
        const next = jittered({ intervalMs: interval }, random);
        expect(next).toBeGreaterThanOrEqual(Math.floor(interval * 0.95));
        expect(next).toBeLessThanOrEqual(Math.ceil(interval * 1.05));
        expect(jittered({ intervalMs: interval, jitterPercent: 0 }, random)).toBe(interval);
      },
    ),
  );
});

test('retries come at the interval, then ever later, up to the cap', () => {
  const waits = (cap: { retryCapMs?: number }): number[] =>
    [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) =>
      retryDelay(failures, { retryMs: 1000, ...cap }),
    );
  expect(waits({ retryCapMs: 6000 })).toEqual([
    1000, 1000, 1000, 1000, 2000, 4000, 6000, 6000, 6000,
  ]);
  expect(waits({ retryCapMs: 500 })).toEqual(waits({}));
  expect(new Set(waits({}))).toEqual(new Set([1000]));
});

test.each([
  [298_000, '4m58s'],
  [3_600_000, '1h'],
  [750, '1s'],
  [0, '1s'],
])('%i ms are %s', (ms, words) => {
  expect(inWords(ms)).toBe(words);
});

test.each([
  ['main@sha1:0123456789abcdef0123456789abcdef01234567', 'main@sha1:01234567'],
  ['6.3.5', '6.3.5'],
])('%s is shown as %s', (revision, short) => {
  expect(shortRevision(revision)).toBe(short);
});
