import type { z } from 'zod';
import type { Cluster } from '../cluster/client.ts';
import { read } from '../cluster/kustomizations.ts';
import { mergePatch } from '../cluster/merge-patch.ts';
import type { KubeObject, ObjectRef } from '../cluster/object.ts';
import type { ObjectKey, SourceKind } from '../contract.ts';
import { fail } from '../failures.ts';
import type { ArtifactStorage } from './artifact-storage.ts';

/** A source as it stands in the cluster: parsed, and as it was read. */
export interface LoadedSource<Parsed> {
  readonly parsed: Parsed;
  readonly object: KubeObject;
}

/** Reads a source; undefined where it is not there. Raises InvalidSpec where it bypassed the CRD's validation. */
export async function readSource<Parsed>(
  cluster: Cluster,
  kind: SourceKind,
  key: ObjectKey,
  schema: z.ZodType<Parsed>,
): Promise<LoadedSource<Parsed> | undefined> {
  const object = await read(() => cluster.get(refTo(kind, key)));
  if (!object) return undefined;
  const parsed = schema.safeParse(object);
  if (parsed.success) return { parsed: parsed.data, object };
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const title = `${kind}/${key.namespace}/${key.name}`;
  throw fail('InvalidSpec', `${title} is invalid: ${faults.join('; ')}`);
}

/** Reads a source to tell how something ended; undefined where it is not there. A status that bypassed the CRD's validation counts as empty. */
export async function readStanding<Status>(
  cluster: Cluster,
  kind: SourceKind,
  key: ObjectKey,
  schema: z.ZodType<Status>,
): Promise<LoadedSource<{ readonly status: Status | undefined }> | undefined> {
  const object = await read(() => cluster.get(refTo(kind, key)));
  return object && { parsed: { status: schema.safeParse(object['status']).data }, object };
}

/** Merges into a source, or into its status. */
export async function patchSource(
  cluster: Cluster,
  kind: SourceKind,
  key: ObjectKey,
  body: { readonly status: object } | { readonly metadata: object },
): Promise<void> {
  const where = 'status' in body ? ({ subresource: 'status' } as const) : {};
  const options = { manager: 'gotk-source-controller', ...where };
  await read(() => mergePatch(cluster, refTo(kind, key), body, options));
}

/** True for a source that is being deleted. */
export async function isDeleted(
  cluster: Cluster,
  kind: SourceKind,
  key: ObjectKey,
): Promise<boolean> {
  const object = await read(() => cluster.get(refTo(kind, key)));
  return object?.metadata.deletionTimestamp !== undefined;
}

/** The value of the annotation that asks for a reconciliation; undefined where nobody ever did. */
export function requestOf({ object }: Pick<LoadedSource<unknown>, 'object'>): string | undefined {
  return object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
}

const finalizer = 'finalizers.fluxcd.io';

/** Adds the finalizer where it is missing; refused by the API server where the object changed since it was read. */
export async function addFinalizer(
  cluster: Cluster,
  kind: SourceKind,
  key: ObjectKey,
  { metadata: { finalizers = [], resourceVersion } }: KubeObject,
): Promise<void> {
  if (finalizers.includes(finalizer)) return;
  const metadata = { finalizers: [...finalizers, finalizer], resourceVersion };
  await patchSource(cluster, kind, key, { metadata });
}

/** Removes the artifacts of a source that is being deleted, and then its finalizer. */
export async function finalizeSource(
  { cluster, storage }: { readonly cluster: Cluster; readonly storage: ArtifactStorage },
  kind: SourceKind,
  { namespace, name }: ObjectKey,
): Promise<void> {
  await storage.remove({ kind, namespace, name });
  const object = await read(() => cluster.get(refTo(kind, { namespace, name })));
  if (!object) return;
  const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  await patchSource(cluster, kind, { namespace, name }, { metadata: { finalizers } });
}

function refTo(kind: SourceKind, { namespace, name }: ObjectKey): ObjectRef {
  return { apiVersion: 'source.toolkit.fluxcd.io/v1', kind, namespace, name };
}
