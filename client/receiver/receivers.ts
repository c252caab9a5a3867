import { parseDuration, Receiver } from '../../api/index.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import type { ObjectKey } from '../../activities/contract.ts';
import type { Gauges } from '../bridge/gauges.ts';
import { followKind, type WatchHandler } from '../bridge/watch.ts';
import type { Log } from '../log.ts';
import { nameOf, type Directory } from './hook.ts';
import { look, secretNameOf } from './look.ts';
import { createSecretWatches } from './secret-watches.ts';

/** What Receivers are followed with. */
export interface ReceiverParts {
  readonly cluster: Cluster;
  readonly log: Log;
  readonly gauges: Gauges;
  readonly directory: Directory;
  readonly belongs: (labels: Readonly<Record<string, string>>) => boolean;
  /** The only namespace; all where absent. */
  readonly namespace: string | undefined;
  /** Told once when the directory holds all that there are, or when the kind is not served. */
  readonly listed: () => void;
  /** A Receiver is gone. */
  readonly forget: (receiver: string) => void;
}

/**
 * Keeps the directory and the status of every Receiver as they have to be until the signal aborts: after a change of the Receiver or of its
 * Secret at once, and at its interval in any case.
 */
export async function runReceivers(parts: ReceiverParts, signal: AbortSignal): Promise<void> {
  const tracked = new Map<string, Tracked>();
  const secrets = createSecretWatches(parts.cluster, signal, (receiver) => {
    const found = tracked.get(receiver);
    if (found) void attend(found, { ...parts, signal });
  });
  const put = (object: KubeObject): Promise<void> => {
    const key = keyOf(object);
    if (!parts.belongs(object.metadata.labels ?? {})) {
      drop(key);
      return Promise.resolve();
    }
    parts.gauges.put('Receiver', object);
    const found = tracked.get(nameOf(key)) ?? begun(key, object);
    // Lists leave apiVersion and kind out of their items.
    found.object = { ...object, apiVersion, kind: 'Receiver' };
    tracked.set(nameOf(key), found);
    secrets.set(nameOf(key), { namespace: key.namespace, name: secretNameOf(object) });
    return attend(found, { ...parts, signal });
  };
  const drop = (key: ObjectKey): void => {
    const name = nameOf(key);
    const found = tracked.get(name);
    if (found) found.dropped = true;
    clearTimeout(found?.timer);
    tracked.delete(name);
    secrets.set(name, undefined);
    parts.directory.remove(key);
    parts.forget(name);
    parts.gauges.remove('Receiver', objectNamed(key));
  };
  const handler: WatchHandler = {
    async listed(objects) {
      const names = new Set(objects.map((object) => nameOf(keyOf(object))));
      for (const [name, { key }] of tracked) if (!names.has(name)) drop(key);
      await Promise.all(objects.map(put));
      parts.listed();
      parts.log.info('listed', { kind: 'Receiver', objects: objects.length });
    },
    changed: (object) => void put(object),
    deleted: (object) => {
      drop(keyOf(object));
    },
    failed(error, retryMs) {
      const message = error instanceof Error ? error.message : String(error);
      parts.log.warn('watch failed', { kind: 'Receiver', error: message, retryMs });
    },
    absent: parts.listed,
  };
  const target = { apiVersion, kind: 'Receiver', namespace: parts.namespace };
  await followKind(parts.cluster, target, handler, signal);
  for (const { timer } of tracked.values()) clearTimeout(timer);
}

const apiVersion = 'notification.toolkit.fluxcd.io/v1';
const retryMs = 5000;

/** A Receiver, and whether it is being looked at. */
interface Tracked {
  readonly key: ObjectKey;
  object: KubeObject;
  running: Promise<void> | undefined;
  /** Something has changed since the look began. */
  again: boolean;
  /** It is not ours any more; a look that is under way must not bring it back. */
  dropped: boolean;
  timer?: NodeJS.Timeout;
}

function begun(key: ObjectKey, object: KubeObject): Tracked {
  return { key, object, running: undefined, again: false, dropped: false };
}

type Attending = Pick<ReceiverParts, 'cluster' | 'directory' | 'log'> & {
  readonly signal: AbortSignal;
};

/** Looks at a Receiver, one look at a time; resolves when the looks asked for so far have ended. */
function attend(receiver: Tracked, parts: Attending): Promise<void> {
  receiver.again = receiver.running !== undefined;
  receiver.running ??= lookAtAll(receiver, parts).finally(() => {
    receiver.running = undefined;
  });
  return receiver.running;
}

async function lookAtAll(receiver: Tracked, parts: Attending): Promise<void> {
  const isChanged = (): boolean => receiver.again;
  do {
    receiver.again = false;
    await lookOnce(receiver, parts);
  } while (isChanged());
}

async function lookOnce(receiver: Tracked, parts: Attending): Promise<void> {
  const { cluster, directory, log, signal } = parts;
  clearTimeout(receiver.timer);
  let nextMs = intervalOf(receiver.object);
  try {
    await look(cluster, receiver.object, (hook) => {
      if (receiver.dropped) return;
      if (hook) directory.put(hook);
      else directory.remove(receiver.key);
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const about = { controllerKind: 'Receiver', ...receiver.key };
    log.error('Reconciliation failed', { ...about, error: message });
    nextMs = retryMs;
  }
  if (signal.aborted || receiver.dropped) return;
  receiver.timer = setTimeout(() => void attend(receiver, parts), nextMs).unref();
}

const longestTimerMs = 2 ** 31 - 1;

function intervalOf(object: KubeObject): number {
  const { data } = Receiver.safeParse(object);
  return Math.min(longestTimerMs, Math.max(1000, parseDuration(data?.spec.interval ?? '10m')));
}

function keyOf({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

function objectNamed({ namespace, name }: ObjectKey): KubeObject {
  return { apiVersion, kind: 'Receiver', metadata: { namespace, name } };
}
