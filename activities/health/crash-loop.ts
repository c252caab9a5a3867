import type { Cluster } from '../cluster/client.ts';
import { groupOf, type KubeObject } from '../cluster/object.ts';
import { crashLoopOf } from '../cluster/status-rules/pod.ts';
import { section } from '../cluster/status-rules/status.ts';

/**
 * Says which pod of an unfinished workload crashes again and again, so that a rollout that can not succeed fails at once. Pods that are
 * being deleted belong to the past and do not count.
 */
export async function crashingPod(
  cluster: Cluster,
  workload: KubeObject,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (groupOf(workload.apiVersion) !== 'apps' || workload.kind === 'DaemonSet') return undefined;
  const selector = section(workload, 'spec')['selector'] as LabelSelector | undefined;
  const labels = Object.entries(selector?.matchLabels ?? {});
  if (labels.length === 0) return undefined;
  const { namespace } = workload.metadata;
  const { items } = await cluster.request<{ items: KubeObject[] }>({
    method: 'GET',
    path: await cluster.path({ apiVersion: 'v1', kind: 'Pod', namespace, name: '' }),
    query: { labelSelector: labels.map((pair) => pair.join('=')).join(','), limit: '200' },
    signal,
  });
  const newest = newestTemplate(items);
  const crashing = items
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .filter(({ metadata }) => metadata.labels?.['pod-template-hash'] === newest)
    .map(crashLoopOf);
  return crashing.find((fault) => fault !== undefined);
}

interface LabelSelector {
  readonly matchLabels?: Record<string, string>;
}

/** Pods of an older ReplicaSet may crash for a reason that this very rollout mends. */
function newestTemplate(pods: readonly KubeObject[]): string | undefined {
  const [newest] = [...pods].sort((a, b) => bornAt(b) - bornAt(a));
  return newest?.metadata.labels?.['pod-template-hash'];
}

function bornAt({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
