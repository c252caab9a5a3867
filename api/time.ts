/** A time to the second in UTC, as the API server writes it (RFC 3339). */
export function formatTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
