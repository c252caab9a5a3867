/** Metadata of an object as the API server returns it; only the fields that are read by name. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  managedFields?: unknown[];
  [field: string]: unknown;
}

/** Any Kubernetes object. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** What is needed to find an object in a cluster. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** The reference of an object that is at hand. */
export function refOf(object: KubeObject): ObjectRef {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
}

/** `group/Kind` of the kind that a CRD defines. */
export function kindDefinedBy(definition: KubeObject): string {
  const { group, names } = (definition['spec'] ?? {}) as {
    group?: string;
    names?: { kind?: string };
  };
  return `${group ?? ''}/${names?.kind ?? ''}`;
}

/** `Kind/namespace/name`, or `Kind/name` for cluster-scoped objects: how messages and events name an object. */
export function describeRef(ref: ObjectRef): string {
  return [ref.kind, ref.namespace, ref.name].filter((part) => part).join('/');
}

/** The API group of an apiVersion; empty for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
