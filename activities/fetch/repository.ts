import { GitRepository } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import type { ObjectKey } from '../contract.ts';
import { patchSource, readSource, type LoadedSource } from './source-object.ts';

/** A GitRepository as it stands in the cluster: parsed, and as it was read. */
export type LoadedRepository = LoadedSource<GitRepository>;

/** Reads a GitRepository; undefined where it is not there. Raises InvalidSpec where it bypassed the CRD's validation. */
export function readRepository(
  cluster: Cluster,
  key: ObjectKey,
): Promise<LoadedRepository | undefined> {
  return readSource(cluster, 'GitRepository', key, GitRepository);
}

/** Merges into the object, or into its status. */
export function patchRepository(
  cluster: Cluster,
  key: ObjectKey,
  body: { readonly status: object } | { readonly metadata: object },
): Promise<void> {
  return patchSource(cluster, 'GitRepository', key, body);
}
