import type { Cluster } from './client.ts';
import { refOf, type KubeObject } from './object.ts';

/** Flux's field manager, so that ownership of fields carries over from it and back. */
export const fieldManager = 'kustomize-controller';

/** Applies an object server-side, taking conflicting fields over, and gives what the server made of it. With dryRun nothing is stored; the manager is Flux's where none is named. */
export async function serverSideApply(
  cluster: Cluster,
  object: KubeObject,
  { dryRun = false, manager = fieldManager }: ApplyOptions = {},
): Promise<KubeObject> {
  return cluster.request<KubeObject>({
    method: 'PATCH',
    path: await cluster.path(refOf(object)),
    query: { fieldManager: manager, force: 'true', ...(dryRun ? { dryRun: 'All' } : {}) },
    contentType: 'application/apply-patch+yaml',
    body: object,
  });
}

interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly manager?: string;
}

/** Deletes exactly the object that was read, in the background: one of the same name that came since is left alone. */
export async function deleteObject(cluster: Cluster, live: KubeObject): Promise<void> {
  const { uid } = live.metadata;
  await cluster.request({
    method: 'DELETE',
    path: await cluster.path(refOf(live)),
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(uid ? { preconditions: { uid } } : {}),
    },
  });
}
