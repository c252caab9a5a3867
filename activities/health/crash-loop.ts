import { ApiError } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { groupOf, type KubeObject } from '../cluster/object.ts';
import { crashLoopOf } from '../cluster/status-rules/pod.ts';
import { selectorOf } from '../cluster/selector.ts';
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
  const selected = selectorOf(selector?.matchLabels ?? {});
  if (selected === '') return undefined;
  const { namespace } = workload.metadata;
  const items = await podsOf(cluster, { namespace, selected, signal });
  const newest = newestTemplate(items);
  const crashing = items
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .filter(({ metadata }) => metadata.labels?.['pod-template-hash'] === newest)
    .map(crashLoopOf);
  return crashing.find((fault) => fault !== undefined);
}

/** Whoever may not list pods has to wait for the time-out instead. */
async function podsOf(
  cluster: Cluster,
  which: { namespace: string | undefined; selected: string; signal: AbortSignal },
): Promise<KubeObject[]> {
  const { namespace, selected, signal } = which;
  const path = await cluster.path({ apiVersion: 'v1', kind: 'Pod', namespace, name: '' });
  const query = { labelSelector: selected, limit: '200' };
  try {
    const list = { method: 'GET', path, query, signal } as const;
    return (await cluster.request<{ items: KubeObject[] }>(list)).items;
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return [];
    throw error;
  }
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
