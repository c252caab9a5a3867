import type { Cluster } from '../../../activities/cluster/client.ts';
import { entryOf } from '../../../activities/cluster/inventory.ts';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { ownerLabel } from '../../../activities/cluster/owner.ts';
import { followKind, type WatchHandler } from '../watch.ts';
import type { Place } from './place.ts';
import { isAsApplied, sight, type Sighting } from './sighting.ts';

/** A kind of a place, as inventories name it. */
export interface WatchedKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What a watch of a kind sees; objects are named by the ids of inventories. */
export interface KindObserver {
  /** An object as it is now. Its apiVersion and kind are its own, and of the rest only the metadata is there. */
  seen(id: string, object: KubeObject, sighting: Sighting): void;
  /** An object was deleted, or lost the label that it is watched by. */
  gone(id: string, sighting: Sighting): void;
  failed(error: unknown, retryMs: number): void;
}

/** The watch of one kind in one place, for as long as inventories hold objects of it. */
export interface KindWatch {
  readonly kind: WatchedKind;
  /** Names of the owners whose inventories hold objects of the kind. */
  readonly users: Set<string>;
  /** Calls back once the first list is complete, at once where it is; with a test of whether an object is there. */
  whenListed(call: (isThere: (id: string) => boolean) => void): void;
  /** Tells again of an object that is not as it was applied: its owner was not known when it was seen. */
  retell(id: string): void;
  stop(): void;
}

/** Starts a watch of the objects of a kind that were applied by a Kustomization; it keeps what it has seen of each. */
export function watchObjects(place: Place, kind: WatchedKind, observer: KindObserver): KindWatch {
  const stop = new AbortController();
  const sightings = new Map<string, Sighting>();
  const open = new Map<string, KubeObject>();
  const waiting: ((isThere: (id: string) => boolean) => void)[] = [];
  const isThere = (id: string): boolean => sightings.has(id);
  const state = { complete: false };
  const limit = place.id === '' ? Number.POSITIVE_INFINITY : maxRemote;
  const handler = handlerOf({ kind, sightings, open, observer, limit }, () => {
    state.complete = true;
    for (const call of waiting.splice(0)) call(isThere);
  });
  const target = { ...kind, labelSelector: ownerLabel, metadataOnly: true };
  const follow = (cluster: Cluster, signal: AbortSignal): Promise<void> =>
    followKind(cluster, target, handler, signal);
  void place.work(follow, stop.signal);
  return {
    kind,
    users: new Set(),
    whenListed(call) {
      if (state.complete) call(isThere);
      else waiting.push(call);
    },
    retell(id) {
      const [object, sighting] = [open.get(id), sightings.get(id)];
      if (object && sighting) observer.seen(id, object, sighting);
    },
    stop: () => {
      stop.abort();
    },
  };
}

/** Another cluster tells what it likes, and must not fill the memory of the bridge. */
const maxRemote = 20_000;

interface Sightings {
  readonly kind: WatchedKind;
  readonly sightings: Map<string, Sighting>;
  /** The few objects that are not as they were applied, without their managedFields. */
  readonly open: Map<string, KubeObject>;
  readonly observer: KindObserver;
  /** No more objects than this are kept. */
  readonly limit: number;
}

function handlerOf(
  { kind, sightings, open, observer, limit }: Sightings,
  complete: () => void,
): WatchHandler {
  let listing = new Set<string>();
  const typed = (object: KubeObject): [string, KubeObject] => {
    const whole = { ...object, ...kind };
    return [entryOf(whole).id, whole];
  };
  const see = ([id, object]: [string, KubeObject], gap: boolean): void => {
    if (sightings.size >= limit && !sightings.has(id)) return;
    const sighting = sight(sightings.get(id), object, gap);
    sightings.set(id, sighting);
    if (isAsApplied(sighting)) open.delete(id);
    else open.set(id, withoutRows(object));
    observer.seen(id, object, sighting);
  };
  const lose = (id: string): void => {
    const sighting = sightings.get(id);
    sightings.delete(id);
    open.delete(id);
    if (sighting) observer.gone(id, sighting);
  };
  return {
    page(objects) {
      for (const object of objects) {
        const found = typed(object);
        listing.add(found[0]);
        see(found, true);
      }
    },
    listed() {
      for (const id of [...sightings.keys()]) if (!listing.has(id)) lose(id);
      listing = new Set();
      complete();
      return Promise.resolve();
    },
    changed(object) {
      see(typed(object), false);
    },
    deleted(object) {
      lose(typed(object)[0]);
    },
    failed(error, retryMs) {
      // Of a list that broke off nothing may be left, or what went in between would count as there.
      listing = new Set();
      observer.failed(error, retryMs);
    },
  };
}

/** The rows are most of the metadata, and have been read. */
function withoutRows(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, managedFields: [] } };
}
