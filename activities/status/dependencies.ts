import type { Cluster } from '../cluster/client.ts';
import { loadKustomization, type LoadedKustomization } from '../cluster/kustomizations.ts';
import type { ObjectKey } from '../contract.ts';

/**
 * Names the first dependency that is not ready, or nothing. A dependency on the same source counts as ready only when it has applied
 * the revision that is about to be applied here.
 */
export async function checkDependencies(
  cluster: Cluster,
  key: ObjectKey,
  { spec }: LoadedKustomization,
  revision: string,
): Promise<string | undefined> {
  for (const { name, namespace = key.namespace } of spec.dependsOn ?? []) {
    const title = `Kustomization/${namespace}/${name}`;
    const dependency = await loadKustomization(cluster, { namespace, name });
    if (!dependency) return `dependency ${title} is not there`;
    const fault = faultOf(dependency);
    if (fault) return `dependency ${title} ${fault}`;
    const own = { namespace: key.namespace, ...spec.sourceRef };
    const its = { namespace, ...dependency.spec.sourceRef };
    if (!isSameSource(own, its)) continue;
    const applied = dependency.status.lastAppliedRevision;
    if (applied !== revision) return `dependency ${title} has not applied ${revision} yet`;
  }
  return undefined;
}

function faultOf({ object, status }: LoadedKustomization): string | undefined {
  const { generation } = object.metadata;
  if (status.observedGeneration !== generation) return 'has a new spec that is not reconciled yet';
  const ready = (status.conditions ?? []).find((condition) => condition.type === 'Ready');
  return ready?.status === 'True'
    ? undefined
    : `is not ready: ${ready?.message ?? 'no status yet'}`;
}

interface SourceName {
  kind: string;
  name: string;
  namespace?: string | undefined;
}

function isSameSource(a: SourceName, b: SourceName): boolean {
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}
