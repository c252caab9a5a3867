import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { isNotFound } from '../activities/cluster/api-error.ts';
import { mapLimited } from '../activities/cluster/limit.ts';
import type { Cluster } from '../activities/cluster/client.ts';
import { refOf, type KubeObject } from '../activities/cluster/object.ts';
import { deleteObject } from '../activities/cluster/server-side-apply.ts';
import { workflowId } from '../workflows/messages.ts';
import { patchObject, type Resource } from './cli/objects.ts';
import { crdsOfThisVersion } from './install.ts';

/** Ends the workflows of objects, without the clean-up that would delete what they applied; gives how many ran. */
export async function endWorkflows(client: Client, objects: readonly Resource[]): Promise<number> {
  let ended = 0;
  await mapLimited(objects, concurrency, async ({ kind, metadata }) => {
    const key = { namespace: metadata.namespace ?? '', name: metadata.name };
    try {
      await client.workflow.getHandle(workflowId(kind, key)).terminate('sluice uninstall');
      ended++;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  });
  return ended;
}

/** Takes the finalizer away from objects, so that their deletion deletes nothing else; gives how many had it. */
export async function releaseObjects(
  cluster: Cluster,
  objects: readonly Resource[],
): Promise<number> {
  const held = objects.filter(({ metadata }) => metadata.finalizers?.includes(finalizer));
  await mapLimited(held, concurrency, async (object) => {
    const finalizers = object.metadata.finalizers?.filter((name) => name !== finalizer) ?? [];
    const { resourceVersion } = object.metadata;
    try {
      // Under the version that was read: a finalizer that somebody added since then stays.
      await patchObject(cluster, object, { metadata: { finalizers, resourceVersion } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });
  return held.length;
}

/** Deletes the CRDs, and with them all objects of their kinds; gives the names of those that were there. */
export async function removeCrds(cluster: Cluster): Promise<string[]> {
  const names: string[] = [];
  for (const crd of await crdsOfThisVersion()) {
    const live: KubeObject | undefined = await cluster.get(refOf(crd));
    if (!live) continue;
    await deleteObject(cluster, live);
    names.push(live.metadata.name);
  }
  cluster.discovery.forget();
  return names;
}

const finalizer = 'finalizers.fluxcd.io';
const concurrency = 8;
