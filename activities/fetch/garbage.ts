import type { Cluster } from '../cluster/client.ts';
import { recordEvent } from '../cluster/events.ts';
import type { KubeObject } from '../cluster/object.ts';
import type { ArtifactStorage } from './artifact-storage.ts';

/** Removes the artifacts of a source that are beyond the retention, and tells how many there were. */
export async function collectGarbage(
  cluster: Cluster,
  storage: ArtifactStorage,
  { object, path }: { readonly object: KubeObject; readonly path: string },
): Promise<void> {
  const removed = await storage.sweep(path);
  if (removed === 0) return;
  const message = `garbage collected ${removed} artifacts`;
  const event = { type: 'Normal', reason: 'GarbageCollectionSucceeded', message } as const;
  await recordEvent(cluster, { object, ...event, component: 'source-controller' });
}
