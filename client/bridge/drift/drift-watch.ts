import { isNotFound } from '../../../activities/cluster/api-error.ts';
import { metadataOnly } from '../../../activities/cluster/watch-stream.ts';
import { recordEvent } from '../../../activities/cluster/events.ts';
import { refOfEntry } from '../../../activities/cluster/inventory.ts';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { ownerOf } from '../../../activities/cluster/owner.ts';
import { inWords } from '../../../workflows/schedule.ts';
import type { Log } from '../../log.ts';
import type { Waker } from '../waker.ts';
import { createHoldings, type Holding, type Holdings } from './holdings.ts';
import type { KindObserver } from './kind-watch.ts';
import { ownerFrom, type Owner } from './owner.ts';
import { createPendingDrifts, type Drift, type PendingDrifts } from './pending.ts';
import type { Place, PlaceAccess } from './place.ts';
import type { Fault } from './reason.ts';
import { isApplied, isAsApplied, isExempt, type LostField } from './sighting.ts';

/** Watches what Kustomizations have applied, and wakes those whose objects others changed. It has to be told of every Kustomization. */
export interface DriftWatch {
  /** All Kustomizations there are. */
  listed(objects: readonly KubeObject[]): void;
  changed(object: KubeObject): void;
  deleted(object: KubeObject): void;
}

/** What a drift watch works with. */
export interface DriftDeps extends Omit<PlaceAccess, 'failed'> {
  readonly waker: Pick<Waker, 'wake'>;
  readonly log: Log;
}

/** A drift watch that runs until the signal aborts. */
export function createDriftWatch(deps: DriftDeps, signal: AbortSignal): DriftWatch {
  const { home, waker, log } = deps;
  const owners = new Map<string, Owner>();
  const pending = createPendingDrifts({
    owner: (name) => owners.get(name),
    wake(owner, reason) {
      log.info('drift', { namespace: owner.key.namespace, name: owner.key.name, reason });
      waker.wake('Kustomization', owner.key, 'drift', reason);
    },
    repeated({ object }, { words, count, delayMs }) {
      const next = `${count} times in a row; it is corrected next in ${inWords(delayMs)}`;
      const message = `${words}: ${next}. ${advice}`;
      const event = { type: 'Warning', reason: 'DriftRepeated', message } as const;
      void recordEvent(home, { object, component: 'kustomize-controller', ...event });
    },
  });
  const failed = failureLog(log);
  const holdings: Holdings = createHoldings({ ...deps, failed }, (place) =>
    observerOf(place, { owners, pending, holdings: () => holdings, failed }),
  );
  signal.addEventListener('abort', () => {
    pending.stop();
    holdings.stop();
  });
  return ownersOf(owners, pending, holdings);
}

const advice =
  'Let one side alone write these fields: take them out of the source, or add them to spec.ignore';

function ownersOf(
  owners: Map<string, Owner>,
  pending: PendingDrifts,
  holdings: Holdings,
): DriftWatch {
  const put = (object: KubeObject): { now: Owner; before: Owner | undefined } => {
    const now = ownerFrom(object);
    const before = owners.get(now.name);
    owners.set(now.name, now);
    holdings.put(now);
    if (before?.busy && !now.busy) {
      pending.settle(now.name);
      holdings.refresh(now);
    }
    return { now, before };
  };
  const drop = (name: string): void => {
    owners.delete(name);
    pending.forget(name);
    holdings.remove(name);
  };
  return {
    listed(objects) {
      const names = new Set(objects.map(nameOf));
      for (const name of owners.keys()) if (!names.has(name)) drop(name);
      for (const { now, before } of objects.map(put)) {
        // What went while nobody watched is in no list; what a pass is about to apply is in none either.
        if (before || now.busy) continue;
        holdings.whenMissing(now, (holding) => {
          pending.note(now.name, holding.id, goneFrom(holding));
        });
      }
    },
    changed: put,
    deleted(object) {
      drop(nameOf(object));
    },
  };
}

interface Parts {
  readonly owners: ReadonlyMap<string, Owner>;
  readonly pending: PendingDrifts;
  readonly holdings: () => Holdings;
  readonly failed: PlaceAccess['failed'];
}

function observerOf(place: Place, { owners, pending, holdings, failed }: Parts): KindObserver {
  const each = (id: string, judge: (owner: Owner) => Drift | undefined): void => {
    for (const name of holdings().holders(place, id)) {
      const owner = owners.get(name);
      const drift = owner && judge(owner);
      if (drift) pending.note(name, id, drift);
      else pending.clear(name, id);
    }
  };
  return {
    seen(id, object, sighting) {
      const { exempt, lost, unwatched, owner: labelled } = sighting;
      each(id, ({ name, ignores, entries }) => {
        if (exempt || isAsApplied(sighting) || isAnothers(labelled, name)) return undefined;
        const entry = entries.get(id);
        const ref = entry && refOfEntry(entry);
        const counts = ({ path }: LostField): boolean => !ignores(object, path);
        return ref && changeFrom({ id, ref, place }, lost.filter(counts), unwatched.filter(counts));
      });
    },
    gone(id, { exempt, passing, owner: labelled }) {
      each(id, ({ name, entries }) => {
        const entry = entries.get(id);
        const ref = entry && refOfEntry(entry);
        if (exempt || passing || !ref || isAnothers(labelled, name)) return undefined;
        return goneFrom({ id, ref, place });
      });
    },
    failed(error) {
      failed(place.id, error);
      place.refresh();
    },
  };
}

/** What others wrote unwatched counts where no pass has begun since, for a pass looks at every field. */
function changeFrom(
  { ref, place }: Holding,
  lost: readonly LostField[],
  unwatched: readonly LostField[],
): Drift | undefined {
  if (lost.length > 0) return { ref, place, fault: { kind: 'changed', fields: lost } };
  if (unwatched.length === 0) return undefined;
  return {
    ref,
    place,
    fault: { kind: 'changed', fields: unwatched },
    confirm({ since }): Promise<Fault | undefined> {
      const fields = unwatched.filter(({ at }) => at >= since);
      return Promise.resolve(fields.length > 0 ? { kind: 'changed', fields } : undefined);
    },
  };
}

/** Of an object that the watch does not show any more: it is deleted, or lost the labels that it is watched by. */
function goneFrom({ ref, place }: Holding): Drift {
  const at = new Date().toISOString();
  return {
    ref,
    place,
    fault: { kind: 'deleted', at },
    async confirm({ name }): Promise<Fault | undefined> {
      const live = await peek(place, ref);
      if (!live) return { kind: 'deleted', at };
      const labelled = ownerOf(live);
      if (isExempt(live) || !isApplied(live) || labelled === name) return undefined;
      return isAnothers(labelled, name) ? undefined : { kind: 'unlabelled', at };
    },
  };
}

async function peek({ cluster }: Place, ref: Holding['ref']): Promise<KubeObject | undefined> {
  if (!cluster) throw new Error('the cluster can not be reached');
  try {
    const path = await cluster.path(ref);
    return await cluster.request({ method: 'GET', path, accept: metadataOnly.one });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** An object that was handed over is no drift: which of two Kustomizations has it is for their passes to settle. */
function isAnothers(labelled: string, owner: string): boolean {
  return labelled !== owner && !labelled.startsWith('/') && !labelled.endsWith('/');
}

/** A log of failures in which what stays the same stands once. */
function failureLog(log: Log): PlaceAccess['failed'] {
  const told = new Map<string, string>();
  return (place, error) => {
    const message = error instanceof Error ? error.message : String(error);
    if (told.get(place) === message) return;
    told.set(place, message);
    log.warn('drift watch failed', { kubeconfig: place, error: message });
  };
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
