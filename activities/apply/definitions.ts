import type { Cluster } from '../cluster/client.ts';
import { read } from '../cluster/kustomizations.ts';
import { describeRef, refOf, type KubeObject } from '../cluster/object.ts';
import { statusOf } from '../cluster/status.ts';
import { isSkipped } from '../cluster/switches.ts';
import { fail } from '../failures.ts';

/**
 * Waits until what later stages build on can be used, such as the kinds of new CRDs. Fails with ApplyFailed after a minute, naming what
 * is not ready.
 */
export async function waitForDefinitions(
  cluster: Cluster,
  objects: readonly KubeObject[],
): Promise<void> {
  let pending = objects.filter((object) => !isSkipped(object));
  if (pending.length === 0) return;
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, 2000)) {
    pending = await notReady(cluster, pending);
    if (pending.length === 0) break;
    if (Date.now() > deadline) {
      const names = pending.map((object) => describeRef(refOf(object))).join(', ');
      throw fail('ApplyFailed', `not ready after ${timeoutMs / 1000}s: ${names}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  if (objects.some(({ kind }) => kind === 'CustomResourceDefinition')) cluster.discovery.forget();
}

const timeoutMs = 60_000;

async function notReady(cluster: Cluster, objects: readonly KubeObject[]): Promise<KubeObject[]> {
  const pending: KubeObject[] = [];
  for (const object of objects) {
    const live = await read(() => cluster.get(refOf(object)));
    if (!live || statusOf(live).status !== 'Current') pending.push(object);
  }
  return pending;
}
