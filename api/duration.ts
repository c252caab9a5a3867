/** The durations of Flux's API: numbers with a unit from milliseconds to hours, such as `1m30s`. */
export const durationPattern = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;
/** Time-outs of sources know no hours. */
export const timeoutPattern = /^([0-9]+(\.[0-9]+)?(ms|s|m))+$/;

/** A duration in milliseconds; raises a RangeError that names the text where it is none. */
export function parseDuration(text: string): number {
  if (!durationPattern.test(text)) {
    throw new RangeError(`"${text}" is no duration: write it like 90s, 5m or 1h30m`);
  }
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    total += Number(count) * (unitMs.get(unit ?? '') ?? 0);
  }
  return total;
}

const unitMs = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
