import { ApiError } from '../cluster/api-error.ts';
import type { KubeObject } from '../cluster/object.ts';
import { moveTo, rowsOf } from './managed-fields.ts';

/**
 * True where the API server refuses to apply because a row of managedFields stands at another version than the manifest, whose schema
 * lacks a field of it. Moving the rows to the manifest's version mends that.
 */
export function isUnconvertible(
  error: unknown,
  { apiVersion }: KubeObject,
  live: KubeObject,
): boolean {
  if (!isSchemaFault(error) || isStale(error)) return false;
  return moveTo(apiVersion, rowsOf(live)) !== undefined;
}

/** True where the API server knows no such field: the author's fault, or that of a schema which has just been replaced. */
export function isStale(error: unknown): boolean {
  return isSchemaFault(error) && error.message.includes('failed to create typed patch object');
}

/**
 * How a live object would stand there after its rows were moved and the manifest was applied, as far as can be told without writing: what
 * the manifest no longer sets is still in it.
 */
export function migrated(live: KubeObject, asNew: KubeObject): KubeObject {
  const metadata = { ...asNew.metadata, ...laidOver(live.metadata, asNew.metadata) };
  return { ...asNew, ...laidOver(live, asNew), metadata };
}

function isSchemaFault(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || error.status < 400) return false;
  return /field not declared in schema|failed to convert|invalid group\/version/.test(
    error.message,
  );
}

function laidOver(under: object, over: object): Record<string, unknown> {
  const result: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = result[name];
    result[name] = isMap(below) && isMap(value) ? laidOver(below, value) : (value as unknown);
  }
  return result;
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
