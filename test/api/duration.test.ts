import { expect, test } from 'vitest';
import { formatDuration } from '../../api/index.ts';

test.each([
  [75, '75ms'],
  [1400, '1s'],
  [59_600, '1m0s'],
  [300_000, '5m0s'],
  [3_725_000, '1h2m5s'],
])('%i ms are written as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
