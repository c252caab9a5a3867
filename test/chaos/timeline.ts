import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { ownerOf } from '../../activities/cluster/owner.ts';
import { list, record, text } from '../../activities/cluster/untyped.ts';
import { followKind, type WatchHandler } from '../../client/bridge/watch.ts';
import { serialAnnotation } from './content.ts';

/** What was seen of a namespace, in the order of the API server's own versions once it is sorted. */
export interface Timeline {
  readonly moments: readonly Moment[];
  /** Between these versions something may have been missed, since a watch had to begin anew. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
}

/** A change of an object or of a Kustomization. */
export type Moment = ObjectMoment | MemberMoment;

/** An object of the namespace came, changed or went. */
export interface ObjectMoment {
  readonly of: 'object';
  readonly version: number;
  /** `Kind/name` */
  readonly id: string;
  readonly uid: string;
  readonly gone: boolean;
  readonly serial: string;
  /** Name of the Kustomization that its labels name; empty where they name none. */
  readonly owner: string;
}

/** A Kustomization came, changed or went. */
export interface MemberMoment {
  readonly of: 'member';
  readonly version: number;
  readonly name: string;
  readonly gone: boolean;
  readonly deleting: boolean;
  readonly generation: number;
  readonly prefix: string;
  readonly ready: string;
  /** The generation that Ready speaks of. */
  readonly observed: number;
  readonly reason: string;
  readonly message: string;
  readonly applied: string;
  readonly attempted: string;
  /** `Kind/name` of the objects of the inventory. */
  readonly inventory: readonly string[];
}

/** Follows the objects and the Kustomizations of a namespace until it is stopped. */
export interface Recorder {
  /** All that was seen, sorted. */
  timeline(): Timeline;
  /** Everything as it was seen last: objects by `Kind/name`, Kustomizations by name. */
  now(): { objects: ReadonlyMap<string, ObjectMoment>; members: ReadonlyMap<string, MemberMoment> };
  stop(): void;
}

/** Begins to follow a namespace; watches that fail begin anew. */
export function startRecorder(cluster: Cluster, namespace: string): Recorder {
  const end = new AbortController();
  const moments: Moment[] = [];
  const gaps: Timeline['gaps'][number][] = [];
  const objects = new Map<string, ObjectMoment>();
  const members = new Map<string, MemberMoment>();
  const see = (moment: Moment): void => {
    moments.push(moment);
    const [place, key]: [Map<string, Moment>, string] =
      moment.of === 'object' ? [objects, moment.id] : [members, moment.name];
    if (moment.gone) place.delete(key);
    else place.set(key, moment);
  };
  const follow = (apiVersion: string, kind: string, read: Read): void => {
    const handler = handlerFor(read, see, gaps);
    void followKind(cluster, { apiVersion, kind, namespace }, handler, end.signal);
  };
  for (const kind of ['ConfigMap', 'Secret', 'ServiceAccount']) {
    follow('v1', kind, (object, gone) => objectMoment(kind, object, gone));
  }
  follow('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', memberMoment);
  return {
    timeline: () => ({
      moments: [...moments].sort((one, other) => one.version - other.version),
      gaps,
    }),
    now: () => ({ objects, members }),
    stop: () => {
      end.abort();
    },
  };
}

type Read = (object: KubeObject, gone: boolean) => Moment;

function handlerFor(
  read: Read,
  see: (moment: Moment) => void,
  gaps: Timeline['gaps'][number][],
): WatchHandler {
  const known = new Map<string, Moment>();
  let last = 0;
  const take = (object: KubeObject, gone: boolean): void => {
    const moment = read(object, gone);
    last = Math.max(last, moment.version);
    const { uid = '' } = object.metadata;
    if (known.get(uid)?.version === moment.version) return;
    if (gone) known.delete(uid);
    else known.set(uid, moment);
    see(moment);
  };
  return {
    listed(found) {
      const from = last;
      const uids = new Set(found.map(({ metadata }) => metadata.uid));
      const versions = found.map(({ metadata }) => Number(metadata.resourceVersion));
      const to = Math.max(from, ...versions);
      if (from > 0) gaps.push({ from, to });
      for (const [uid, moment] of known) {
        if (uids.has(uid)) continue;
        known.delete(uid);
        // Gone before whatever took its name.
        see({ ...moment, gone: true, version: from });
      }
      for (const object of found) take(object, false);
      return Promise.resolve();
    },
    changed: (object) => {
      take(object, false);
    },
    deleted: (object) => {
      take(object, true);
    },
    failed: () => undefined,
  };
}

function objectMoment(kind: string, object: KubeObject, gone: boolean): ObjectMoment {
  const { metadata } = object;
  const [namespace, name = ''] = ownerOf(object).split('/');
  return {
    of: 'object',
    version: Number(metadata.resourceVersion),
    id: `${kind}/${metadata.name}`,
    uid: metadata.uid ?? '',
    gone,
    serial: metadata.annotations?.[serialAnnotation] ?? '',
    owner: namespace === metadata.namespace ? name : '',
  };
}

function memberMoment(object: KubeObject, gone: boolean): MemberMoment {
  const { metadata } = object;
  const status = record(object['status']);
  const ready = record(list(status['conditions']).find(({ type }) => type === 'Ready'));
  return {
    of: 'member',
    version: Number(metadata.resourceVersion),
    name: metadata.name,
    gone,
    deleting: metadata.deletionTimestamp !== undefined,
    generation: metadata.generation ?? 0,
    prefix: text(record(object['spec'])['namePrefix']),
    ready: text(ready['status']),
    observed: Number(ready['observedGeneration'] ?? -1),
    reason: text(ready['reason']),
    message: text(ready['message']),
    applied: text(status['lastAppliedRevision']),
    attempted: text(status['lastAttemptedRevision']),
    inventory: list(record(status['inventory'])['entries']).map(({ id }) => idOf(text(id))),
  };
}

/** `Kind/name` of an inventory entry, whose parts are namespace, name, group and kind. */
function idOf(entry: string): string {
  const [, name = '', , kind = ''] = entry.split('_');
  return `${kind}/${name}`;
}
