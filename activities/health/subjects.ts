import type { Kustomization } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import { read, type LoadedKustomization } from '../cluster/kustomizations.ts';
import { withNamespaces } from '../cluster/namespace.ts';
import { refOf, type KubeObject, type ObjectRef } from '../cluster/object.ts';
import type { PassTools } from '../cluster/pass-tools.ts';
import { section } from '../cluster/status-rules/status.ts';
import { isSkipped } from '../cluster/switches.ts';
import type { Pass } from '../contract.ts';

/** An object whose health is waited for. */
export interface Subject {
  readonly ref: ObjectRef;
  /** True for a Job that Git says is deleted when it has ended: then its absence is success. */
  readonly mayBeGone: boolean;
}

/** What a pass has to wait for: with spec.wait every applied object that is not skipped, else what spec.healthChecks lists. */
export async function subjectsOf(
  { rendered }: PassTools,
  target: Cluster,
  loaded: LoadedKustomization,
  pass: Pass,
): Promise<Subject[]> {
  const { spec } = loaded;
  if (spec.wait) {
    const { objects } = await rendered(pass, loaded);
    const applied = objects.filter((object) => !isSkipped(object));
    const placed = await read(() => withNamespaces(target, applied));
    return placed.map((object) => ({ ref: refOf(object), mayBeGone: isShortLived(object) }));
  }
  return listed(spec, pass);
}

function listed({ healthChecks = [] }: Kustomization['spec'], { key }: Pass): Subject[] {
  return healthChecks
    .map(({ apiVersion, ...rest }) => ({ apiVersion: apiVersion ?? 'apps/v1', ...rest }))
    .filter((ref) => !isSelf(ref, key))
    .map((ref) => ({ ref, mayBeGone: false }));
}

/** A Kustomization that waits for itself would wait for ever. */
function isSelf({ kind, name, namespace }: ObjectRef, key: Pass['key']): boolean {
  return kind === 'Kustomization' && name === key.name && namespace === key.namespace;
}

function isShortLived(object: KubeObject): boolean {
  return object.kind === 'Job' && 'ttlSecondsAfterFinished' in section(object, 'spec');
}
