import { Kustomization } from '../../api/index.ts';
import { fail } from '../failures.ts';
import { isTransient } from './api-error.ts';
import type { Cluster } from './client.ts';
import { mergePatch } from './merge-patch.ts';
import type { KubeObject } from './object.ts';
import type { ObjectKey, Pass } from '../contract.ts';

/** A Kustomization as it stands in the cluster: its parsed form, and the object it was parsed from. */
export interface LoadedKustomization {
  readonly spec: Kustomization['spec'];
  readonly status: NonNullable<Kustomization['status']>;
  readonly object: KubeObject;
}

/**
 * Reads the Kustomization of a pass. Fails with Superseded where it changed, was suspended or is being deleted since the pass began:
 * a pass works on one generation from its first stage to its last.
 */
export async function loadForPass(cluster: Cluster, pass: Pass): Promise<LoadedKustomization> {
  const loaded = await loadKustomization(cluster, pass.key);
  const name = `Kustomization/${pass.key.namespace}/${pass.key.name}`;
  if (!loaded) throw fail('Superseded', `${name} was deleted during the pass`);
  if (loaded.object.metadata.generation !== pass.generation) {
    throw fail(
      'Superseded',
      `${name} changed during the pass: it is now at generation ${String(loaded.object.metadata.generation)}`,
    );
  }
  return loaded;
}

/** Reads a Kustomization; undefined where it is not there. Fails with InvalidSpec where it bypassed the CRD's validation. */
export async function loadKustomization(
  cluster: Cluster,
  key: ObjectKey,
): Promise<LoadedKustomization | undefined> {
  const object = await read(() => cluster.get(kustomizationRef(key)));
  if (!object) return undefined;
  const parsed = Kustomization.safeParse(object);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw fail(
      'InvalidSpec',
      `Kustomization/${key.namespace}/${key.name} is invalid: ${faults.join('; ')}`,
    );
  }
  return { spec: parsed.data.spec, status: parsed.data.status ?? {}, object };
}

/** True where the spec asks for the health of anything. */
export function hasHealthChecks({ wait, healthChecks = [] }: Standing['spec']): boolean {
  return wait === true || healthChecks.length > 0;
}

/** What is told of a Kustomization, and what of its spec is looked at for that. */
export interface Standing {
  readonly spec: Pick<Kustomization['spec'], 'wait' | 'healthChecks'>;
  readonly status: LoadedKustomization['status'];
  readonly object: KubeObject;
}

/** Reads a Kustomization to tell how something ended; undefined where it is not there. What bypassed the CRD's validation counts as absent, since that it did is to be told, too. */
export async function loadStanding(
  cluster: Cluster,
  key: ObjectKey,
): Promise<Standing | undefined> {
  const object = await read(() => cluster.get(kustomizationRef(key)));
  if (!object) return undefined;
  const { spec, status } = Kustomization.shape;
  const told = spec.pick({ wait: true, healthChecks: true }).safeParse(object['spec']);
  const known = status.safeParse(object['status']);
  return { spec: told.data ?? {}, status: known.data ?? {}, object };
}

/** Where the Kustomization of a key is found. */
export function kustomizationRef(key: ObjectKey): {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
} {
  return { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', ...key };
}

/** Merges into a Kustomization, or into its status. */
export async function patchKustomization(
  cluster: Cluster,
  key: ObjectKey,
  body: { readonly status: object } | { readonly metadata: object },
): Promise<void> {
  const where = 'status' in body ? ({ subresource: 'status' } as const) : {};
  await read(() =>
    mergePatch(cluster, kustomizationRef(key), body, {
      manager: 'gotk-kustomize-controller',
      ...where,
    }),
  );
}

/** Runs a call to the API server and turns an outage into the retryable failure ClusterUnavailable. */
export async function read<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isTransient(error) && error instanceof Error)
      throw fail('ClusterUnavailable', error.message);
    throw error;
  }
}
