import type { ObjectKey } from '../contract.ts';
import type { KubeObject } from './object.ts';

/** Objects that carry it were applied by a Kustomization. */
export const ownerLabel = 'kustomize.toolkit.fluxcd.io/name';

const group = 'kustomize.toolkit.fluxcd.io';

/** The labels that say which Kustomization applied an object; Flux's, so that its CLI and ours find the owner. */
export function ownerLabels(key: ObjectKey): Record<string, string> {
  return { [`${group}/name`]: key.name, [`${group}/namespace`]: key.namespace };
}

/** `namespace/name` of the Kustomization that the labels of an object name; a part that no label names is empty. */
export function ownerOf({ metadata: { labels = {} } }: KubeObject): string {
  return `${labels[`${group}/namespace`] ?? ''}/${labels[`${group}/name`] ?? ''}`;
}

/** True when a live object carries both owner labels of this Kustomization. */
export function isOwned(live: KubeObject, key: ObjectKey): boolean {
  const labels = live.metadata.labels ?? {};
  return Object.entries(ownerLabels(key)).every(([name, value]) => labels[name] === value);
}

/** The object with the owner labels on it. */
export function withOwner(object: KubeObject, key: ObjectKey): KubeObject {
  const labels = { ...object.metadata.labels, ...ownerLabels(key) };
  return { ...object, metadata: { ...object.metadata, labels } };
}
