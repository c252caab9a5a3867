/** A value as a record; an empty one where it is none. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** A value as a list of records; an empty one where it is no list. */
export function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(record) : [];
}

/** A value as a text; an empty one where it is none. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
