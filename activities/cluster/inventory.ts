import { patchKustomization } from './kustomizations.ts';
import type { Cluster } from './client.ts';
import { groupOf, type KubeObject, type ObjectRef } from './object.ts';
import type { ObjectKey } from '../contract.ts';

/** One applied object in Flux's inventory format: `<namespace>_<name>_<group>_<kind>` and the version. */
export interface InventoryEntry {
  readonly id: string;
  readonly v: string;
}

/** The entry of an object. A colon in the name of an RBAC object is written as two underscores. */
export function entryOf({ apiVersion, kind, metadata }: KubeObject): InventoryEntry {
  const { namespace = '', name } = metadata;
  const group = groupOf(apiVersion);
  const id = [namespace, name.replaceAll(':', '__'), group, kind].join('_');
  return { id, v: apiVersion.slice(apiVersion.indexOf('/') + 1) };
}

/** The object that an entry stands for, or nothing where the id is malformed. */
export function refOfEntry({ id, v }: InventoryEntry): ObjectRef | undefined {
  const match = /^([^_]*)_(.+)_([^_]*)_([^_]+)$/.exec(id);
  if (!match) return undefined;
  const [, namespace = '', name = '', group = '', kind = ''] = match;
  return {
    apiVersion: group === '' ? v : `${group}/${v}`,
    kind,
    ...(namespace === '' ? {} : { namespace }),
    name: name.replaceAll('__', ':'),
  };
}

/** The entries of both, those of `added` in the version that they have there. */
export function union(
  entries: readonly InventoryEntry[],
  added: readonly InventoryEntry[],
): InventoryEntry[] {
  const byId = new Map([...entries, ...added].map((entry) => [entry.id, entry]));
  return [...byId.values()];
}

/** The entries whose object is in no entry of `others`; the version does not count. */
export function difference(
  entries: readonly InventoryEntry[],
  others: readonly InventoryEntry[],
): InventoryEntry[] {
  const ids = new Set(others.map(({ id }) => id));
  return entries.filter(({ id }) => !ids.has(id));
}

/** True when both hold the same objects in the same versions, in whatever order. */
export function isSameInventory(
  a: readonly InventoryEntry[],
  b: readonly InventoryEntry[],
): boolean {
  const lines = (entries: readonly InventoryEntry[]): string =>
    entries
      .map(({ id, v }) => `${id} ${v}`)
      .sort()
      .join('\n');
  return lines(a) === lines(b);
}

/** Writes the inventory into the status of the Kustomization. */
export async function writeInventory(
  cluster: Cluster,
  key: ObjectKey,
  entries: readonly InventoryEntry[],
): Promise<void> {
  await patchKustomization(cluster, key, { status: { inventory: { entries } } });
}
