import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isApply, rowsOf, type ManagedFields } from '../../../activities/apply/managed-fields.ts';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { ownerOf } from '../../../activities/cluster/owner.ts';
import { applyMode, isSkipped } from '../../../activities/cluster/switches.ts';
import { leavesOf, type FieldPath } from './fields.ts';

/** What is kept of an object that is watched, some hundred bytes: whose it is, and which fields we applied. */
export interface Sighting {
  readonly uid: string;
  /** `namespace/name` of the Kustomization that its labels name; parts that are missing are empty. */
  readonly owner: string;
  /** The object asks to be left alone. */
  readonly exempt: boolean;
  /** The object ends by itself, so that its deletion is no drift. */
  readonly passing: boolean;
  /** When our row of managedFields was last written by us, and a digest of it. */
  readonly time: string;
  readonly digest: string;
  /** The fields of that row when it was last seen complete, packed. */
  readonly fields: string;
  /** Those of them that it does not hold any more; empty where it is complete. */
  readonly lost: readonly LostField[];
  /** What others wrote since we last applied, where nobody watched: a field of ours may be among it, which only a pass can tell. */
  readonly unwatched: readonly LostField[];
}

/** A field that we applied and that is ours no longer; `manager` is empty where nobody holds it. */
export interface LostField {
  readonly path: FieldPath;
  readonly manager: string;
  readonly at: string;
}

/**
 * What an object shows, compared with what it showed before. The API server keeps the time of our row when others take fields from it and
 * sets it when we apply, so that a change of our own is told from one of others. `gap` says that changes may have been missed before.
 */
export function sight(before: Sighting | undefined, object: KubeObject, gap = false): Sighting {
  const rows = rowsOf(object);
  const own = rows.find(isApply);
  const now = shown(object, own);
  if (before && isStillWhole(before, now)) return { ...before, ...now };
  const seen = { rows, held: leavesOf(own?.fieldsV1 ?? {}), gap };
  if (isLeaving(object) || before?.uid !== now.uid) {
    const unwatched = isLeaving(object) ? [] : writtenSince(now.time, seen);
    return { ...now, fields: pack(seen.held), lost: [], unwatched };
  }
  return compared(before, now, seen);
}

/** What is on its way out can not be mended before it is gone. */
function isLeaving({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function compared(known: Sighting, now: Shown, seen: Rows): Sighting {
  const lost = lostSince(known, now, seen);
  if (lost.length === 0) return { ...now, fields: pack(seen.held), lost, unwatched: [] };
  const whole = [...seen.held, ...lost.map(({ path }) => path)];
  const fields = isRenewed(known, now) ? pack(whole) : known.fields;
  return { ...now, passing: known.passing, fields, lost, unwatched: [] };
}

function isStillWhole(known: Sighting, now: Shown): boolean {
  if (known.lost.length > 0) return false;
  return known.uid === now.uid && known.digest === now.digest && known.time === now.time;
}

type Shown = Omit<Sighting, 'fields' | 'lost' | 'unwatched'>;

function shown(object: KubeObject, own: ManagedFields | undefined): Shown {
  const tree = own?.fieldsV1 ?? {};
  return {
    uid: object.metadata.uid ?? '',
    owner: ownerOf(object),
    exempt: isExempt(object),
    passing: object.kind === 'Job' && tree['f:spec']?.['f:ttlSecondsAfterFinished'] !== undefined,
    time: own ? textOf(own['time']) : absent,
    digest: createHash('sha1').update(JSON.stringify(tree)).digest('base64'),
  };
}

function isRenewed(known: Sighting, now: Shown): boolean {
  return now.time !== known.time && now.time !== absent;
}

/** The time of a row that is not there. */
const absent = '';

interface Rows {
  readonly rows: readonly ManagedFields[];
  readonly held: readonly FieldPath[];
  readonly gap: boolean;
}

function lostSince(known: Sighting, now: Shown, { rows, held, gap }: Rows): LostField[] {
  const renewed = isRenewed(known, now);
  if (renewed && !gap) return [];
  const holds = new Set(held);
  const lost = holdersOf(
    rows,
    unpack(known.fields).filter((path) => !holds.has(path)),
  );
  // What we gave up ourselves in the gap nobody need hold; what another holds was taken, as far as one can tell.
  return renewed ? lost.filter(({ manager }) => manager !== '') : lost;
}

/** What others wrote in the second of our apply or later: of an object that was not seen before, it can not be told from what we applied. */
function writtenSince(applied: string, { rows, held, gap }: Rows): LostField[] {
  if (!gap) return [];
  const holds = new Set(held);
  return rows.filter(isByOthers).flatMap((row) => {
    const at = textOf(row['time']);
    if (at < applied) return [];
    const paths = leavesOf(row.fieldsV1 ?? {}).filter((path) => !holds.has(path));
    return paths.map((path) => ({ path, manager: managerOf(row), at }));
  });
}

/** Kubernetes' own controllers write into every Deployment; a subresource, such as the status, is seldom what a manifest holds. */
function isByOthers(row: ManagedFields): boolean {
  return row.operation === 'Update' && !row.subresource && row.manager !== kubernetesItself;
}

const kubernetesItself = 'kube-controller-manager';

/** True where nothing is known that a pass would have to look at. */
export function isAsApplied({ lost, unwatched }: Sighting): boolean {
  return lost.length === 0 && unwatched.length === 0;
}

/** True for an object whose switches say that a pass leaves it as it is. */
export function isExempt(object: KubeObject): boolean {
  return isSkipped(object) || applyMode(object) === 'IfNotPresent';
}

/** True for an object that we have applied, by its managedFields. */
export function isApplied(object: KubeObject): boolean {
  return rowsOf(object).some(isApply);
}

/** Who holds the lost fields now; the latest where several do. */
function holdersOf(rows: readonly ManagedFields[], lost: readonly FieldPath[]): LostField[] {
  if (lost.length === 0) return [];
  const fields = new Map(lost.map((path) => [path, { path, manager: '', at: '' }]));
  for (const row of rows) {
    if (isApply(row)) continue;
    const at = textOf(row['time']);
    for (const path of leavesOf(row.fieldsV1 ?? {})) {
      const field = fields.get(path);
      if (field && at >= field.at) fields.set(path, { path, manager: managerOf(row), at });
    }
  }
  return [...fields.values()];
}

function managerOf({ manager }: ManagedFields): string {
  return textOf(manager).slice(0, 128);
}

/** Ten thousand objects are watched: a string of a byte a character is the smallest that can be kept. */
function pack(paths: readonly FieldPath[]): string {
  return paths.length === 0 ? '' : deflateRawSync(paths.join('\0')).toString('latin1');
}

function unpack(fields: string): FieldPath[] {
  if (fields === '') return [];
  return inflateRawSync(Buffer.from(fields, 'latin1')).toString('utf8').split('\0');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
