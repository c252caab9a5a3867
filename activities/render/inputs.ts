import { createHash } from 'node:crypto';
import type { Kustomization } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import { configReferences } from '../cluster/config-references.ts';
import { read, type LoadedKustomization } from '../cluster/kustomizations.ts';
import type { ObjectRef } from '../cluster/object.ts';
import type { ObjectKey, Pass } from '../contract.ts';
import type { Closures } from './closure.ts';

/** Where the inputs of a pass are read from. */
export interface InputSources {
  readonly cluster: Cluster;
  readonly closures: Closures;
  /** The Secret with the age keys of Kustomizations whose decryption names no Secret. */
  readonly ageSecret: ObjectKey | undefined;
}

/**
 * Digest of everything that the objects of a pass are made from: the closure of its build, its spec, and the versions, never the values,
 * of the ConfigMaps and Secrets it refers to. Undefined where the digest can not tell: a base on another host, or a build that fails.
 */
export async function inputsDigest(
  { cluster, closures, ageSecret }: InputSources,
  pass: Pass,
  { spec, object }: LoadedKustomization,
): Promise<string | undefined> {
  const closure = await closures.digest(pass.artifact, spec, pass.source);
  if (closure === undefined) return undefined;
  const { uid = '', generation = 0 } = object.metadata;
  const versions = await Promise.all(
    referencesOf(spec, pass.key.namespace, ageSecret).map((ref) => versionOf(cluster, ref)),
  );
  const text = JSON.stringify([closure, uid, generation, versions]);
  return createHash('sha256').update(text).digest('hex');
}

function referencesOf(
  spec: Kustomization['spec'],
  namespace: string,
  ageSecret: ObjectKey | undefined,
): ObjectRef[] {
  const own = configReferences(spec).map((ref) => ({ apiVersion: 'v1', namespace, ...ref }));
  const shared = spec.decryption && !spec.decryption.secretRef ? ageSecret : undefined;
  return shared ? [...own, { apiVersion: 'v1', kind: 'Secret', ...shared }] : own;
}

async function versionOf(cluster: Cluster, ref: ObjectRef): Promise<string> {
  const found = await read(() => cluster.get(ref));
  return found ? `${found.metadata.uid ?? ''} ${found.metadata.resourceVersion ?? ''}` : 'absent';
}
