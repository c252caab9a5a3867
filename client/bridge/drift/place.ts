import { createHash } from 'node:crypto';
import type { Cluster } from '../../../activities/cluster/client.ts';
import { remoteAccess, type RemotePolicy } from '../../../activities/cluster/remote-access.ts';
import type { Owner } from './owner.ts';

/** A cluster that objects of Kustomizations are in. */
export interface Place {
  /** Empty for the bridge's own cluster; otherwise the Secret or the ConfigMap that tells how it is reached. */
  readonly id: string;
  /** Works with the cluster until the signal aborts; begins anew where the kubeconfig was replaced, and waits while it can not be used. */
  work(
    task: (cluster: Cluster, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** The cluster as it was opened last; undefined while it can not be used. */
  readonly cluster: Cluster | undefined;
  /** Looks whether the Secret holds another kubeconfig by now. */
  refresh(): void;
  /** Ends the connections once nobody works with them. */
  close(): void;
}

/** What a place of another cluster is opened with. */
export interface PlaceAccess {
  readonly home: Cluster;
  readonly policy: RemotePolicy;
  /** Told when a kubeconfig can not be used; the message holds nothing of it. */
  readonly failed: (place: string, error: unknown) => void;
}

/** Name of the place of an owner's objects, without opening anything. */
export function placeIdOf({ key, kubeConfig }: Owner): string {
  if (!kubeConfig) return '';
  const { secretRef, configMapRef } = kubeConfig;
  const place = secretRef ? [secretRef.name, secretRef.key ?? ''] : ['', configMapRef?.name];
  return [key.namespace, ...place].join('/');
}

/** The cluster of the bridge itself. */
export function homePlace(home: Cluster): Place {
  return {
    id: '',
    cluster: home,
    work: (task, signal) => task(home, signal),
    refresh: () => undefined,
    close: () => undefined,
  };
}

/** The cluster of a spec.kubeConfig, opened when it is first worked with. */
export function remotePlace(owner: Owner, { home, policy, failed }: PlaceAccess): Place {
  const id = placeIdOf(owner);
  const { kubeConfig = {}, key } = owner;
  let opened: Opened | undefined;
  let opening: Promise<Opened> | undefined;
  const drop = (): void => {
    opened?.replaced.abort();
    opened?.cluster.close().catch(() => undefined);
    opened = undefined;
  };
  const look = async (): Promise<Opened> => {
    const { identity, dial } = await remoteAccess(home, kubeConfig, { key, policy });
    const digest = createHash('sha256').update(identity).digest('hex');
    if (opened?.digest === digest) return opened;
    const { cluster } = await dial();
    drop();
    opened = { digest, cluster, replaced: new AbortController() };
    return opened;
  };
  const open = (): Promise<Opened> => {
    opening ??= look().finally(() => {
      opening = undefined;
    });
    return opening;
  };
  return {
    id,
    get cluster() {
      return opened?.cluster;
    },
    async work(task, signal) {
      const running = (): boolean => !signal.aborted;
      while (running()) {
        try {
          const { cluster, replaced } = opened ?? (await open());
          await task(cluster, AbortSignal.any([signal, replaced.signal]));
        } catch (error) {
          failed(id, error);
          await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
        }
      }
    },
    refresh() {
      // A kubeconfig that was taken away is not used any longer.
      if (opened) open().catch(drop);
    },
    close() {
      (opening ?? Promise.resolve()).then(drop, drop);
    },
  };
}

interface Opened {
  readonly digest: string;
  readonly cluster: Cluster;
  readonly replaced: AbortController;
}

const retryMs = 15_000;
