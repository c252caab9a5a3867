import { isTime } from '../../activities/cluster/suspension.ts';
import { durationPattern, parseDuration } from '../../api/index.ts';
import { CliError } from './failure.ts';

/** Reads a duration such as `2h`, `7d` or `1d12h` in milliseconds; nothing where the text is none. */
export function durationOf(text: string): number | undefined {
  const [, days = '', rest = ''] = /^(?:(\d{1,6})d)?(.{0,30})$/.exec(text) ?? [];
  const dayMs = Number(days) * 24 * 3_600_000;
  // Numbers that nobody means are mistakes of whoever types them.
  if (durationPattern.test(rest) && !/\d{9}/.test(rest)) return dayMs + parseDuration(rest);
  return days !== '' && rest === '' ? dayMs : undefined;
}

/**
 * Reads a moment as a person writes it: a duration from now, ahead or back, a time of RFC 3339, or a date, which begins at midnight UTC.
 * Raises a CliError that names the option and the value.
 */
export function momentOf(
  option: string,
  text: string,
  direction: 'ahead' | 'back',
  now = Date.now(),
): Date {
  const ms = durationOf(text);
  const moment = new Date(direction === 'ahead' ? now + (ms ?? NaN) : now - (ms ?? NaN));
  if (!Number.isNaN(moment.getTime())) return moment;
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  if (isTime(time)) return new Date(time);
  throw new CliError(
    `${option} "${text}" is no time`,
    'write a duration such as 90m, 2h or 7d, or a time such as 2026-12-01T08:00:00Z',
  );
}
