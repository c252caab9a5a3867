import type { KubeObject } from './object.ts';

const group = 'kustomize.toolkit.fluxcd.io';

/** How an object asks to be applied; `Override` is the default. */
export type ApplyMode = 'Override' | 'Merge' | 'IfNotPresent' | 'Ignore';

/** The apply mode of an object by its label or annotation `kustomize.toolkit.fluxcd.io/ssa`, whatever its case. */
export function applyMode(object: KubeObject): ApplyMode {
  const value = switchOf(object, 'ssa');
  const modes: ApplyMode[] = ['Merge', 'IfNotPresent', 'Ignore'];
  return modes.find((mode) => mode.toLowerCase() === value) ?? 'Override';
}

/** True for an object that is neither applied, checked nor pruned: `reconcile: disabled` or `ssa: Ignore`. */
export function isSkipped(object: KubeObject): boolean {
  return switchOf(object, 'reconcile') === 'disabled' || applyMode(object) === 'Ignore';
}

/** True for a live object that must not be pruned. */
export function isKept(live: KubeObject): boolean {
  return switchOf(live, 'prune') === 'disabled' || isSkipped(live);
}

/** True for an object that may be deleted and created again where a field can not be changed. */
export function isForced(object: KubeObject): boolean {
  return switchOf(object, 'force') === 'enabled';
}

function switchOf({ metadata }: KubeObject, name: string): string | undefined {
  const key = `${group}/${name}`;
  return (metadata.annotations?.[key] ?? metadata.labels?.[key])?.toLowerCase();
}
