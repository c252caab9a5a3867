import { expect, test } from 'vitest';
import { formatDuration, parseDuration, parseInterval, parseTimeout } from '../../api/index.ts';

test.each([
  [75, '75ms'],
  [1400, '1s'],
  [59_600, '1m0s'],
  [300_000, '5m0s'],
  [3_725_000, '1h2m5s'],
])('%i ms are written as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('a duration that Temporal could not count is a century', () => {
  const century = 100 * 365 * 86_400_000;
  expect(parseDuration('876000h')).toBe(century);
  expect(parseDuration('99999999999999999999h')).toBe(century);
  expect(parseDuration(`${'9'.repeat(400)}h`)).toBe(century);
});

test('an interval is a second at least, and one of zero never comes due', () => {
  expect([parseInterval('1ms'), parseInterval('90s')]).toEqual([1000, 90_000]);
  expect(parseInterval('0s')).toBe(parseDuration('876000h'));
});

test('a time-out fits into a timer', () => {
  expect([parseTimeout('60s'), parseTimeout('999999m')]).toEqual([60_000, 2 ** 31 - 1]);
});
