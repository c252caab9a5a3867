import { expect, test } from 'vitest';
import { durationOf, momentOf } from '../../../client/cli/moment.ts';

const now = Date.parse('2026-11-25T12:00:00Z');

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['7d', 604_800_000],
  ['1d12h', 129_600_000],
])('%s lasts %i ms', (text, ms) => {
  expect(durationOf(text)).toBe(ms);
});

test.each([
  ['2h', 'ahead', '2026-11-25T14:00:00.000Z'],
  ['2h', 'back', '2026-11-25T10:00:00.000Z'],
  ['7d', 'back', '2026-11-18T12:00:00.000Z'],
  ['2026-12-01T08:00:00Z', 'ahead', '2026-12-01T08:00:00.000Z'],
  ['2026-12-01T08:00:00+02:00', 'back', '2026-12-01T06:00:00.000Z'],
  ['2026-12-01', 'back', '2026-12-01T00:00:00.000Z'],
] as const)('%s %s is %s', (text, direction, time) => {
  expect(momentOf('--since', text, direction, now).toISOString()).toBe(time);
});

test.each(['', 'soon', '2', 'h', '-2h', '2026-13-01', '1.2.3h', '2h5', 'd', '99999999999999999h'])(
  '"%s" is no time',
  (text) => {
    expect(() => momentOf('--until', text, 'ahead', now)).toThrow(`--until "${text}" is no time`);
  },
);
