import type { Cluster } from '../cluster/client.ts';
import { refOf, type KubeObject } from '../cluster/object.ts';

/** Checks that an object would be valid as a new one, under a name that is free, and gives it as the server would make it. Raises ApiError. */
export async function validateAsNew(cluster: Cluster, object: KubeObject): Promise<KubeObject> {
  const { name, ...metadata } = object.metadata;
  const free = `${name.slice(0, 40)}-${Date.now().toString(36)}`;
  const made = await cluster.request<KubeObject>({
    method: 'POST',
    path: await cluster.path({ ...refOf(object), name: '' }),
    query: { dryRun: 'All', fieldManager: 'sluice-validation' },
    body: { ...object, metadata: { ...metadata, name: free } },
  });
  return { ...made, metadata: { ...made.metadata, name } };
}
