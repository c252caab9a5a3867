/** The next pass after a success: the interval, some per cent more or less, so that many objects do not come due together. */
export function jittered(
  {
    intervalMs,
    jitterPercent = 5,
  }: { readonly intervalMs: number; readonly jitterPercent?: number },
  random: number,
): number {
  return Math.round(intervalMs * (1 + (jitterPercent / 100) * (2 * random - 1)));
}

/**
 * The wait after a number of failures in a row: the first four retries come after retryMs, then each wait is twice the one before, up
 * to the cap. Without a cap it is always retryMs.
 */
export function retryDelay(
  failures: number,
  { retryMs, retryCapMs = retryMs }: { readonly retryMs: number; readonly retryCapMs?: number },
): number {
  const doublings = Math.max(0, failures - steadyRetries);
  return Math.min(retryMs * 2 ** doublings, Math.max(retryCapMs, retryMs));
}

const steadyRetries = 4;

/** A delay in words, such as `4m58s`, for summaries and messages. */
export function inWords(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join('');
}

/** A revision as people read it: the hash cut to eight characters. */
export function shortRevision(revision: string): string {
  return revision.replace(/(sha\d+:[0-9a-f]{8})[0-9a-f]+/, '$1');
}
