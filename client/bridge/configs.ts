import type { KubeObject } from '../../activities/cluster/object.ts';
import { nameOfObject, type Sight } from './state.ts';
import type { WatchTarget, WatchHandler } from './watch.ts';

/** The ConfigMaps and Secrets that their owners want to be watched; nothing but their metadata comes here. */
export function configKinds(labelSelector: string, namespace: string | undefined): WatchTarget[] {
  const common = { apiVersion: 'v1', labelSelector, namespace, metadataOnly: true };
  return ['ConfigMap', 'Secret'].map((kind) => ({ ...common, kind }));
}

/** Versions and times of the watched objects, by `Kind/namespace/name`. */
export type Configs = Map<string, { readonly version: string; readonly changedAt: string }>;

/** What a watch of ConfigMaps or Secrets works with. */
export interface ConfigParts {
  readonly configs: Configs;
  /** All that there is is known. */
  listed(): void;
  /** An object came, changed or went. */
  changed(name: string, why: string): void;
  readonly failed: WatchHandler['failed'];
}

/**
 * Tells of every change of the watched objects of a kind, their creation and deletion included. What the first list holds is no change;
 * `outdatedBy` tells whether something in it is newer than the last pass.
 */
export function configHandler(kind: string, parts: ConfigParts): WatchHandler {
  const { configs } = parts;
  let first = true;
  const remove = (name: string): void => {
    if (configs.delete(name)) parts.changed(name, `${name} is gone or no longer watched`);
  };
  const put = (object: KubeObject): void => {
    const name = nameOfObject(kind, object);
    const version = object.metadata.resourceVersion ?? '';
    const before = configs.get(name);
    configs.set(name, { version, changedAt: changedAt(object) });
    if (!first && before?.version !== version) parts.changed(name, `${name} changed`);
  };
  return {
    listed(objects) {
      const names = new Set(objects.map((object) => nameOfObject(kind, object)));
      for (const name of [...configs.keys()]) {
        if (name.startsWith(`${kind}/`) && !names.has(name)) remove(name);
      }
      objects.forEach(put);
      first = false;
      parts.listed();
      return Promise.resolve();
    },
    changed: put,
    deleted(object) {
      remove(nameOfObject(kind, object));
    },
    failed: parts.failed,
  };
}

/** The first watched object that changed after the last pass of a Kustomization, to the second; nothing where no pass has ended yet. */
export function outdatedBy({ configs, passedAt }: Sight, known: Configs): string | undefined {
  if (passedAt === '') return undefined;
  return configs.find((name) => (known.get(name)?.changedAt ?? '') > passedAt);
}

/** The time of the last write that changed a field; the API server notes it for every manager. */
function changedAt({ metadata }: KubeObject): string {
  const times = (metadata.managedFields ?? []).map((row) =>
    typeof row === 'object' && row !== null && 'time' in row ? String(row.time) : '',
  );
  return times.sort().at(-1) ?? '';
}
