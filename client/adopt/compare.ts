import type { Cluster } from '../../activities/cluster/client.ts';
import type { ObjectDifference } from '../diff/preview.ts';
import { differencesOf } from '../diff/differences.ts';
import { readyOf, type Resource } from '../cli/objects.ts';

/** What Sluice would change of a Kustomization that Flux keeps. */
export interface Comparison {
  readonly title: string;
  /** How many objects its inventory holds. */
  readonly objects: number;
  readonly differences: readonly ObjectDifference[];
  /** Why it could not be compared. */
  readonly fault?: string;
  /** True where Flux has brought the newest revision to an end, so that differences are none of its pending work. */
  readonly ready: boolean;
}

/** Compares the Kustomizations one after the other with what is in the cluster; nothing is written. */
export async function* compareAll(
  cluster: Cluster,
  kustomizations: readonly Resource[],
): AsyncGenerator<Comparison> {
  for (const object of kustomizations) yield compare(cluster, object);
}

async function compare(cluster: Cluster, object: Resource): Promise<Comparison> {
  const { namespace = '', name } = object.metadata;
  const facts = {
    title: `Kustomization/${namespace}/${name}`,
    objects: object.status.inventory?.entries.length ?? 0,
    ready: readyOf(object)?.status === 'True',
  };
  try {
    return { ...facts, differences: await differencesOf(cluster, { namespace, name }) };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { ...facts, differences: [], fault };
  }
}
