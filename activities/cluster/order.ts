import { groupOf, type ObjectRef } from './object.ts';

/** Flux's order of application: what others need comes first, webhooks that could block everything come last. */
const first = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** Place of a kind in the order; kinds of the same rank do not depend on each other. */
export function rankOf({ kind }: { readonly kind: string }): number {
  const at = first.indexOf(kind);
  if (at >= 0) return at;
  return first.length + 1 + last.indexOf(kind);
}

/** Compares by rank, then by group, kind, namespace and name: the order in which objects are applied. */
export function compareOrder(a: ObjectRef, b: ObjectRef): number {
  const byRank = rankOf(a) - rankOf(b);
  if (byRank !== 0) return byRank;
  const [one, other] = [sortKey(a), sortKey(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The items in order, those of one rank together. */
export function groupByRank<Item>(
  items: readonly Item[],
  refOf: (item: Item) => ObjectRef,
): Item[][] {
  const sorted = [...items].sort((a, b) => compareOrder(refOf(a), refOf(b)));
  const groups = new Map<number, Item[]>();
  for (const item of sorted) {
    const rank = rankOf(refOf(item));
    groups.set(rank, [...(groups.get(rank) ?? []), item]);
  }
  return [...groups.values()];
}

/** The last of the stages of `stageOf`. */
export const lastStage = 3;

/**
 * The stage in which an object is applied: 0 what defines kinds, namespaces and rights, 1 classes, 2 the kinds that the platform team
 * puts before the rest, as `group/Kind`, 3 all the rest.
 */
export function stageOf(
  { apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>,
  customKinds: readonly string[],
): 0 | 1 | 2 | typeof lastStage {
  if (['CustomResourceDefinition', 'Namespace', 'ClusterRole'].includes(kind)) return 0;
  if (kind.endsWith('Class')) return 1;
  return customKinds.includes(`${groupOf(apiVersion)}/${kind}`) ? 2 : lastStage;
}

function sortKey({ apiVersion, kind, namespace = '', name }: ObjectRef): string {
  return [groupOf(apiVersion), kind, namespace, name].join('\0');
}
