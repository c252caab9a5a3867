import { isNotFound } from './api-error.ts';
import type { Cluster } from './client.ts';
import { groupOf, type KubeObject, type ObjectRef } from './object.ts';

/**
 * The object of a reference, or undefined where it is not there. Where the version of the reference is not served any more, it is looked
 * for in the others of its group: an object does not go with a version of its kind. Raises ApiError.
 */
export async function getServed(cluster: Cluster, ref: ObjectRef): Promise<KubeObject | undefined> {
  const live = await cluster.get(ref);
  if (live || (await isServed(cluster, ref))) return live;
  for (const apiVersion of await cluster.discovery.versionsOf(groupOf(ref.apiVersion))) {
    const other = await cluster.get({ ...ref, apiVersion });
    if (other) return other;
  }
  return undefined;
}

async function isServed(cluster: Cluster, ref: ObjectRef): Promise<boolean> {
  try {
    await cluster.path(ref);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
