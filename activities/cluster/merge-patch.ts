import type { Cluster } from './client.ts';
import type { ObjectRef } from './object.ts';

/** As whom a patch writes, and where. */
export interface PatchOptions {
  readonly manager: string;
  readonly subresource?: 'status';
}

/** Changes an object with a JSON merge patch (RFC 7386). Raises ApiError. */
export async function mergePatch(
  cluster: Cluster,
  ref: ObjectRef,
  body: object,
  { manager, subresource }: PatchOptions,
): Promise<void> {
  const path = await cluster.path(ref);
  await cluster.request({
    method: 'PATCH',
    path: subresource ? `${path}/${subresource}` : path,
    query: { fieldManager: manager },
    contentType: 'application/merge-patch+json',
    body,
  });
}
