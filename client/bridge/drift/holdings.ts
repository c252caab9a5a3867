import { refOfEntry } from '../../../activities/cluster/inventory.ts';
import type { ObjectRef } from '../../../activities/cluster/object.ts';
import { watchObjects, type KindObserver, type KindWatch } from './kind-watch.ts';
import type { Owner } from './owner.ts';
import { homePlace, placeIdOf, remotePlace, type Place, type PlaceAccess } from './place.ts';

/** An object of an inventory, and where it is. */
export interface Holding {
  readonly id: string;
  readonly ref: ObjectRef;
  readonly place: Place;
}

/** Which objects the owners hold, and a watch of every kind that any of them holds. */
export interface Holdings {
  /**
   * Takes the inventory of an owner as it is now: starts the watches it needs, stops those that nobody needs any more, and has what is new
   * to it told again.
   */
  put(owner: Owner): void;
  remove(owner: string): void;
  /** Names of the owners whose inventories hold an object. */
  holders(place: Place, id: string): readonly string[];
  /** Calls back for each object of an owner that the first complete list of its kind does not show. */
  whenMissing(owner: Owner, call: (holding: Holding) => void): void;
  /** Looks whether the kubeconfig of an owner was replaced. */
  refresh(owner: Owner): void;
  stop(): void;
}

/** Holdings of nobody yet. */
export function createHoldings(
  access: PlaceAccess,
  observe: (place: Place) => KindObserver,
): Holdings {
  const watches = createWatches(access, observe);
  const holders = indexOfHolders();
  const held = new Map<string, Held>();
  const replace = (name: string, now: Held): void => {
    const before = held.get(name) ?? nothing;
    const added = lacking(before.objects, now.objects);
    for (const key of added) holders.add(key, name);
    for (const key of lacking(now.objects, before.objects)) holders.remove(key, name);
    for (const key of lacking(before.kinds, now.kinds)) watches.use(key, now.kinds, name);
    for (const key of lacking(now.kinds, before.kinds)) watches.leave(key, name);
    if (now === nothing) held.delete(name);
    else held.set(name, now);
    for (const key of added) watches.retell(now.objects.get(key));
  };
  return {
    put(owner) {
      const before = held.get(owner.name);
      if (before && isSame(before, owner)) return;
      replace(owner.name, heldBy(owner, watches.placeOf(owner)));
    },
    remove(owner) {
      replace(owner, nothing);
    },
    holders: (place, id) => holders.of(objectKey(place, id)),
    whenMissing({ name }, call) {
      const { kinds, objects } = held.get(name) ?? nothing;
      for (const key of kinds.keys()) {
        const own = [...objects.values()].filter((holding) => kindKey(holding) === key);
        watches.get(key)?.whenListed((isThere) => {
          for (const holding of own) if (!isThere(holding.id)) call(holding);
        });
      }
    },
    refresh({ name }) {
      for (const { place } of [...(held.get(name) ?? nothing).kinds.values()].slice(0, 1))
        place.refresh();
    },
    stop() {
      watches.stop();
    },
  };
}

interface Watches {
  get(key: string): KindWatch | undefined;
  /** The place of an owner's objects; it is kept from the first use of a kind in it to the last. */
  placeOf(owner: Owner): Place;
  /** Watches the kind of a key for an owner. */
  use(key: string, kinds: Held['kinds'], owner: string): void;
  leave(key: string, owner: string): void;
  /** Tells again of an object that has a new owner, should it be other than it was applied. */
  retell(holding: Holding | undefined): void;
  stop(): void;
}

function createWatches(access: PlaceAccess, observe: (place: Place) => KindObserver): Watches {
  const home = homePlace(access.home);
  const places = new Map<string, Place>();
  const watches = new Map<string, Watch>();
  return {
    get: (key) => watches.get(key),
    placeOf(owner) {
      const id = placeIdOf(owner);
      return id === '' ? home : (places.get(id) ?? remotePlace(owner, access));
    },
    use(key, kinds, owner) {
      const holding = kinds.get(key);
      if (!holding) return;
      const { place, ref } = holding;
      const kind = { apiVersion: ref.apiVersion, kind: ref.kind };
      const watch = watches.get(key) ?? { ...watchObjects(place, kind, observe(place)), place };
      watches.set(key, watch);
      places.set(place.id, place);
      watch.users.add(owner);
    },
    leave(key, owner) {
      const watch = watches.get(key);
      watch?.users.delete(owner);
      if (!watch || watch.users.size > 0) return;
      watch.stop();
      watches.delete(key);
      if ([...watches.values()].some(({ place }) => place === watch.place)) return;
      places.delete(watch.place.id);
      watch.place.close();
    },
    retell(holding) {
      if (holding) watches.get(kindKey(holding))?.retell(holding.id);
    },
    stop() {
      for (const watch of watches.values()) watch.stop();
      for (const place of places.values()) place.close();
    },
  };
}

type Watch = KindWatch & { readonly place: Place };

/** What one owner holds: its objects, and of each kind of them one. Both are known by keys that hold the place. */
interface Held {
  readonly entries: Owner['entries'];
  readonly placeId: string;
  readonly objects: ReadonlyMap<string, Holding>;
  readonly kinds: ReadonlyMap<string, Holding>;
}

const nothing: Held = { entries: new Map(), placeId: '', objects: new Map(), kinds: new Map() };

function heldBy({ entries }: Owner, place: Place): Held {
  const objects = new Map<string, Holding>();
  const kinds = new Map<string, Holding>();
  for (const [id, entry] of entries) {
    const ref = refOfEntry(entry);
    if (!ref) continue;
    const holding = { id, ref, place };
    objects.set(objectKey(place, id), holding);
    kinds.set(kindKey(holding), holding);
  }
  return { entries, placeId: place.id, objects, kinds };
}

function isSame({ entries, placeId }: Held, now: Owner): boolean {
  if (placeId !== placeIdOf(now) || entries.size !== now.entries.size) return false;
  return [...now.entries].every(([id, { v }]) => entries.get(id)?.v === v);
}

function objectKey({ id: place }: Place, id: string): string {
  return `${place}\n${id}`;
}

function kindKey({ ref, place }: Holding): string {
  return [place.id, ref.apiVersion, ref.kind].join('\n');
}

/** The keys of `now` that `before` lacks. */
function lacking(
  before: ReadonlyMap<string, Holding>,
  now: ReadonlyMap<string, Holding>,
): string[] {
  return [...now.keys()].filter((key) => !before.has(key));
}

interface HolderIndex {
  add(key: string, owner: string): void;
  remove(key: string, owner: string): void;
  of(key: string): readonly string[];
}

function indexOfHolders(): HolderIndex {
  const owners = new Map<string, readonly string[]>();
  const of: HolderIndex['of'] = (key) => owners.get(key) ?? [];
  return {
    of,
    add(key, owner) {
      owners.set(key, [...of(key).filter((name) => name !== owner), owner]);
    },
    remove(key, owner) {
      const left = of(key).filter((name) => name !== owner);
      if (left.length > 0) owners.set(key, left);
      else owners.delete(key);
    },
  };
}
