import type { Cluster } from '../../activities/cluster/client.ts';
import { mergePatch } from '../../activities/cluster/merge-patch.ts';
import { describeRef, refOf, type KubeObject } from '../../activities/cluster/object.ts';
import type { Request } from '../bridge/requests.ts';
import { createCoalescer } from './coalesce.ts';

/**
 * Asks objects to reconcile: by the annotation that Flux's controllers follow, and where the object has a workflow of ours by telling the
 * bridge at once. Many calls for an object within a second are one.
 */
export function createAsk(
  cluster: Cluster,
  tell: (request: Request) => void,
): (object: KubeObject, why: string) => Promise<void> {
  const coalescer = createCoalescer(gapMs);
  return (object, why) => {
    const ref = refOf(object);
    return coalescer.run(describeRef(ref), async () => {
      const at = new Date().toISOString();
      const annotations = { 'reconcile.fluxcd.io/requestedAt': at };
      await mergePatch(cluster, ref, { metadata: { annotations } }, { manager });
      const { kind, metadata } = object;
      tell({ kind, key: { namespace: metadata.namespace ?? '', name: metadata.name }, at, why });
    });
  };
}

const gapMs = 1000;
const manager = 'notification-controller';
