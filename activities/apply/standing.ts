import { createHash } from 'node:crypto';
import { describeRef, refOf, type KubeObject, type ObjectMeta } from '../cluster/object.ts';

/** What a worker knows of the objects of one Kustomization: at which version each of them was last seen to be as it is declared. */
export interface Standing {
  /** True where something is known of the object at all. */
  knows(declared: KubeObject): boolean;
  /** True where a dry run would find nothing to change, since it found nothing for this object at this version. */
  holds(declared: KubeObject, live: ObjectMeta): boolean;
  /** The live object is as it is declared. */
  note(declared: KubeObject, live: KubeObject): void;
}

/** The standings of all Kustomizations of a worker. They save work and are the truth of nothing: a worker that is new compares everything. */
export interface Standings {
  /** The standing of the Kustomization with the uid; it begins anew with another generation of its spec. */
  of(uid: string, generation: number): Standing;
}

/** What admission, defaults and schemas add to an object may change without the object; so everything is compared again after an hour. */
const maxAgeMs = 3_600_000;
/** Objects known at a time, some 200 bytes each; who was not asked for longest is forgotten first. */
const maxObjects = 200_000;

interface Seen {
  readonly uid: string | undefined;
  readonly version: string | undefined;
  readonly digest: string;
  readonly at: number;
}

interface Known {
  readonly generation: number;
  readonly objects: Map<string, Seen>;
}

/** Standings that count by the clock that is given, in milliseconds. */
export function createStandings(now: () => number = () => performance.now()): Standings {
  const all = new Map<string, Known>();
  return {
    of(uid, generation) {
      const before = all.get(uid);
      all.delete(uid);
      const fits = before?.generation === generation;
      const known = fits ? before : { generation, objects: new Map<string, Seen>() };
      all.set(uid, known);
      forgetOldest(all);
      return standingOf(known.objects, now);
    },
  };
}

function forgetOldest(all: Map<string, Known>): void {
  let size = [...all.values()].reduce((sum, { objects }) => sum + objects.size, 0);
  for (const [uid, { objects }] of all) {
    if (size <= maxObjects) return;
    all.delete(uid);
    size -= objects.size;
  }
}

function standingOf(objects: Map<string, Seen>, now: () => number): Standing {
  const digests = new WeakMap<KubeObject, string>();
  const digestOf = (object: KubeObject): string => {
    const digest =
      digests.get(object) ?? createHash('sha256').update(JSON.stringify(object)).digest('base64');
    digests.set(object, digest);
    return digest;
  };
  return {
    knows: (declared) => objects.has(nameOf(declared)),
    holds(declared, { uid, resourceVersion }) {
      const seen = objects.get(nameOf(declared));
      if (seen?.version === undefined || now() - seen.at > maxAgeMs) return false;
      if (seen.uid !== uid || seen.version !== resourceVersion) return false;
      return seen.digest === digestOf(declared);
    },
    note(declared, { metadata: { uid, resourceVersion: version } }) {
      objects.set(nameOf(declared), { uid, version, digest: digestOf(declared), at: now() });
    },
  };
}

function nameOf(object: KubeObject): string {
  return `${object.apiVersion} ${describeRef(refOf(object))}`;
}
