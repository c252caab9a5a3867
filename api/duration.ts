/** The durations of Flux's API: numbers with a unit from milliseconds to hours, such as `1m30s`. */
export const durationPattern = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;
/** Time-outs of sources know no hours. */
export const timeoutPattern = /^([0-9]+(\.[0-9]+)?(ms|s|m))+$/;

/** A duration in milliseconds, a century at most; raises a RangeError that names the text where it is none. */
export function parseDuration(text: string): number {
  if (!durationPattern.test(text)) {
    throw new RangeError(`"${text}" is no duration: write it like 90s, 5m or 1h30m`);
  }
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    total += Number(count) * (unitMs.get(unit ?? '') ?? 0);
  }
  return Math.min(total, centuryMs);
}

/** The time between two passes in milliseconds: a second at least. One of zero never comes due, as under Flux, where only events lead to a pass then. */
export function parseInterval(text: string): number {
  const ms = parseDuration(text);
  return ms === 0 ? centuryMs : Math.max(ms, 1000);
}

/** The same for a timer of this process, which counts up to 24 days. */
export function parseTimeout(text: string): number {
  return Math.min(parseDuration(text), maxTimerMs);
}

/** Temporal counts nanoseconds with 63 bits, which are not enough for three centuries. */
const centuryMs = 100 * 365 * 86_400_000;
const maxTimerMs = 2 ** 31 - 1;

/** A duration as Flux's tools write it, such as `75ms` or `5m0s`; from a second on in whole seconds. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    seconds >= 3600 ? `${Math.floor(seconds / 3600)}h` : '',
    seconds >= 60 ? `${Math.floor((seconds % 3600) / 60)}m` : '',
    `${seconds % 60}s`,
  ];
  return parts.join('');
}

const unitMs = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
