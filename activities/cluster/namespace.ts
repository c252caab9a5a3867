import { isNotFound } from './api-error.ts';
import type { Cluster } from './client.ts';
import { groupOf, kindDefinedBy, type KubeObject } from './object.ts';

/** The objects as the API server will address them: `default` for a namespaced kind that names none, no namespace for a cluster-scoped one. The scope of a kind may come from a CRD of the set that is only about to be applied. */
export async function withNamespaces(
  cluster: Cluster,
  objects: readonly KubeObject[],
): Promise<KubeObject[]> {
  const defined = definedScopes(objects);
  return Promise.all(
    objects.map(async (object) => {
      const fromSet = defined.get(`${groupOf(object.apiVersion)}/${object.kind}`);
      return placed(object, fromSet ?? (await scopeOf(cluster, object)));
    }),
  );
}

type Scope = 'Namespaced' | 'Cluster' | undefined;

function placed(object: KubeObject, scope: Scope): KubeObject {
  if (scope === undefined) return object;
  const { namespace, ...rest } = object.metadata;
  if (scope === 'Cluster') return { ...object, metadata: rest };
  return { ...object, metadata: { ...object.metadata, namespace: namespace ?? 'default' } };
}

/** Undefined for a kind that the server does not serve. */
async function scopeOf(cluster: Cluster, object: KubeObject): Promise<Scope> {
  try {
    const { namespaced } = await cluster.discovery.resolve(object);
    return namespaced ? 'Namespaced' : 'Cluster';
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function definedScopes(objects: readonly KubeObject[]): Map<string, Scope> {
  const scopes = new Map<string, Scope>();
  for (const object of objects) {
    if (object.kind !== 'CustomResourceDefinition') continue;
    const { scope } = (object['spec'] ?? {}) as { scope?: Scope };
    scopes.set(kindDefinedBy(object), scope);
  }
  return scopes;
}
