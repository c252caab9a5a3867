import type { KubeObject } from '../cluster/object.ts';
import { fieldManager } from '../cluster/server-side-apply.ts';

/** One row of metadata.managedFields. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly subresource?: string;
  readonly fieldsV1?: FieldTree;
  readonly [field: string]: unknown;
}

/** A tree of field paths, as the API server writes it. */
export interface FieldTree {
  readonly [path: string]: FieldTree;
}

/**
 * The rows with those of kubectl, of older ways of applying and of overridden managers merged into ours, so that the next apply takes back what was changed by
 * hand; undefined where there is none of them. The rows of all other managers stay: their fields are theirs.
 */
export function takeOver(
  rows: readonly ManagedFields[],
  overridden: readonly string[] = [],
): ManagedFields[] | undefined {
  const prefixes = ['kubectl', 'before-first-apply', ...overridden];
  const taken = rows.filter((row) => isOurs(row, prefixes));
  if (taken.length === 0) return undefined;
  const own = rows.find(isApply);
  const fieldsV1 = [...(own ? [own] : []), ...taken]
    .map((row) => row.fieldsV1 ?? {})
    .reduce(mergeFields, {});
  const [template] = own ? [own] : taken;
  const merged = { ...template, manager: fieldManager, operation: 'Apply', fieldsV1 };
  return [merged, ...rows.filter((row) => row !== own && !taken.includes(row))];
}

/**
 * The rows at the version of the manifest, each with its manager and its fields; undefined where all are there already. The API server
 * converts what it applies to the version of every row, which a field that is new in the manifest's version makes impossible.
 */
export function moveTo(
  apiVersion: string,
  rows: readonly ManagedFields[],
): ManagedFields[] | undefined {
  if (rows.every((row) => row.apiVersion === apiVersion)) return undefined;
  const moved = new Map<string, ManagedFields>();
  for (const row of rows) {
    const { manager, operation, subresource, fieldsV1 = {} } = row;
    const holder = JSON.stringify([manager, operation, subresource]);
    const other = moved.get(holder)?.fieldsV1 ?? {};
    moved.set(holder, { ...row, apiVersion, fieldsV1: mergeFields(other, fieldsV1) });
  }
  return [...moved.values()];
}

/** The rows of an object as the API server gives it. */
export function rowsOf({ metadata }: KubeObject): readonly ManagedFields[] {
  return (metadata.managedFields ?? []) as ManagedFields[];
}

/** True for the row of what we apply. */
export function isApply({ manager, operation, subresource }: ManagedFields): boolean {
  return manager === fieldManager && operation === 'Apply' && !subresource;
}

function isOurs(row: ManagedFields, prefixes: readonly string[]): boolean {
  const { manager = '', operation, subresource } = row;
  if (subresource) return false;
  if (manager !== fieldManager && prefixes.some((prefix) => manager.startsWith(prefix)))
    return true;
  return manager === fieldManager && operation === 'Update';
}

function mergeFields(a: FieldTree, b: FieldTree): FieldTree {
  const merged: Record<string, FieldTree> = { ...a };
  for (const [path, child] of Object.entries(b)) {
    merged[path] = mergeFields(merged[path] ?? {}, child);
  }
  return merged;
}
