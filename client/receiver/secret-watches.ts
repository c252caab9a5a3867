import type { Cluster } from '../../activities/cluster/client.ts';
import type { ObjectKey } from '../../activities/contract.ts';
import { followKind } from '../bridge/watch.ts';
import { nameOf } from './hook.ts';

/** Watches of single Secrets, each for as long as somebody uses it. */
export interface SecretWatches {
  /** Sets which Secret somebody uses; nothing, or an empty name, ends it. */
  set(user: string, secret: ObjectKey | undefined): void;
}

/**
 * Watches the metadata of Secrets by name, so that no other Secret of the cluster comes here, and calls `changed` with every user of one
 * that came, changed or went. A watch that is refused is left to the interval of the users.
 */
export function createSecretWatches(
  cluster: Cluster,
  signal: AbortSignal,
  changed: (user: string) => void,
): SecretWatches {
  const watches = new Map<
    string,
    { readonly users: Set<string>; readonly stop: AbortController }
  >();
  const usedBy = new Map<string, string>();
  const leave = (user: string): void => {
    const secret = usedBy.get(user) ?? '';
    usedBy.delete(user);
    const watch = watches.get(secret);
    watch?.users.delete(user);
    if (watch?.users.size !== 0) return;
    watch.stop.abort();
    watches.delete(secret);
  };
  const begin = (secret: ObjectKey): { users: Set<string>; stop: AbortController } => {
    const users = new Set<string>();
    const stop = new AbortController();
    const tell = (): void => {
      for (const user of users) changed(user);
    };
    const handler = {
      // It may have changed since its users were compared with it.
      listed: () => {
        tell();
        return Promise.resolve();
      },
      changed: tell,
      deleted: tell,
      failed: () => undefined,
    };
    const target = {
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: secret.namespace,
      fieldSelector: `metadata.name=${secret.name}`,
      metadataOnly: true,
    };
    void followKind(cluster, target, handler, AbortSignal.any([signal, stop.signal]));
    return { users, stop };
  };
  return {
    set(user, secret) {
      const name = secret && secret.name !== '' ? nameOf(secret) : undefined;
      if (usedBy.get(user) === name) return;
      leave(user);
      if (name === undefined || !secret) return;
      usedBy.set(user, name);
      const watch = watches.get(name) ?? begin(secret);
      watches.set(name, watch);
      watch.users.add(user);
    },
  };
}
