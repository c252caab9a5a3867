import { GitRepository } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import { read } from '../cluster/kustomizations.ts';
import { mergePatch } from '../cluster/merge-patch.ts';
import type { KubeObject, ObjectRef } from '../cluster/object.ts';
import type { ObjectKey } from '../contract.ts';
import { fail } from '../failures.ts';

/** A GitRepository as it stands in the cluster: parsed, and as it was read. */
export interface LoadedRepository {
  readonly parsed: GitRepository;
  readonly object: KubeObject;
}

/** Reads a GitRepository; undefined where it is not there. Raises InvalidSpec where it bypassed the CRD's validation. */
export async function readRepository(
  cluster: Cluster,
  key: ObjectKey,
): Promise<LoadedRepository | undefined> {
  const object = await read(() => cluster.get(repositoryRef(key)));
  if (!object) return undefined;
  const parsed = GitRepository.safeParse(object);
  if (parsed.success) return { parsed: parsed.data, object };
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const title = `GitRepository/${key.namespace}/${key.name}`;
  throw fail('InvalidSpec', `${title} is invalid: ${faults.join('; ')}`);
}

/** The value of the annotation that asks for a reconciliation; undefined where nobody ever did. */
export function requestOf({ object }: LoadedRepository): string | undefined {
  return object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
}

/** Merges into the object, or into its status. */
export async function patchRepository(
  cluster: Cluster,
  key: ObjectKey,
  body: { readonly status: object } | { readonly metadata: object },
): Promise<void> {
  const where = 'status' in body ? ({ subresource: 'status' } as const) : {};
  await read(() =>
    mergePatch(cluster, repositoryRef(key), body, { manager: 'gotk-source-controller', ...where }),
  );
}

function repositoryRef(key: ObjectKey): ObjectRef {
  return { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', ...key };
}
