import { parseInterval, parseTimeout, type Artifact } from '../../api/index.ts';
import { recordEvent } from '../cluster/events.ts';
import type { KubeObject } from '../cluster/object.ts';
import { reportOnly } from '../cluster/report-only.ts';
import { forgetSuspension, suspensionOf } from '../cluster/suspension.ts';
import type { ObjectKey, SourceKind, SourceLook } from '../contract.ts';
import type { SourceDeps, Spread } from './build-artifact.ts';
import { collectGarbage } from './garbage.ts';
import {
  addFinalizer,
  isDeleted,
  patchSource,
  requestOf,
  type LoadedSource,
} from './source-object.ts';

/** What every look tells, whatever it finds. */
export type LookBase = Omit<SourceLook, 'verdict' | 'why'>;

/** What all sources have in common. */
interface SourceFields {
  readonly spec: {
    readonly interval: string;
    readonly timeout: string;
    readonly suspend?: boolean | undefined;
  };
  readonly status?:
    | {
        readonly lastHandledReconcileAt?: string | undefined;
        readonly artifact?: Artifact | undefined;
      }
    | undefined;
}

/** A source that is looked at: how it is read, why it is refused, and what is asked of its remote. */
export interface Looked<Parsed extends SourceFields> {
  readonly kind: SourceKind;
  readonly load: () => Promise<LoadedSource<Parsed> | undefined>;
  /** What of the spec only its author can mend. */
  readonly refusal: (loaded: LoadedSource<Parsed>) => string | undefined;
  readonly ask: (loaded: LoadedSource<Parsed>, base: LookBase) => Promise<SourceLook>;
}

/**
 * Begins a look at a source of any kind: gone, deleted, suspended and refused ones are not asked about at their remote. Adds the finalizer
 * where it is missing, and removes what an ended suspension left. Raises InvalidSpec where the source bypassed the CRD's validation.
 */
export async function openLook<Parsed extends SourceFields>(
  deps: SourceDeps & Spread,
  key: ObjectKey,
  { kind, load, refusal, ask }: Looked<Parsed>,
): Promise<SourceLook> {
  const { cluster } = deps;
  let loaded: LoadedSource<Parsed> | undefined;
  try {
    loaded = await load();
  } catch (error) {
    // Whatever is wrong with it, it can go.
    if (await isDeleted(cluster, kind, key)) return { ...noLook, ...deleted };
    throw error;
  }
  if (!loaded) return { ...noLook, verdict: 'gone', why: 'the object is not there' };
  return lookAtLoaded(deps, key, { kind, refusal, ask }, loaded);
}

async function lookAtLoaded<Parsed extends SourceFields>(
  deps: SourceDeps & Spread,
  key: ObjectKey,
  { kind, refusal, ask }: Omit<Looked<Parsed>, 'load'>,
  loaded: LoadedSource<Parsed>,
): Promise<SourceLook> {
  const { cluster } = deps;
  const { object, parsed } = loaded;
  const base = baseOf(loaded, deps);
  const report = reportOnly(object, deps.reportOnly);
  if (report) {
    return { ...base, verdict: 'suspended', why: report.why, suspensionEnd: report.end };
  }
  if (object.metadata.deletionTimestamp) return { ...base, ...deleted };
  await addFinalizer(cluster, kind, key, object);
  if (parsed.spec.suspend) {
    const { requestedAt } = base;
    // Suspended it does nothing, and whoever asked is told that the request was seen.
    if (requestedAt) {
      await patchSource(cluster, kind, key, { status: { lastHandledReconcileAt: requestedAt } });
    }
    return { ...base, verdict: 'suspended', ...suspensionOf(object) };
  }
  await forgetSuspension(cluster, object);
  const why = refusal(loaded);
  if (why) return { ...base, verdict: 'rejected', reason: 'UnsupportedField', why };
  return ask(loaded, base);
}

/** Says in words that fields of a spec have no behaviour yet; nothing where there are none. */
export function notSupported(fields: readonly string[]): string | undefined {
  if (fields.length === 0) return undefined;
  return `not supported yet: ${fields.join(', ')}; remove the field or wait for a version that has it`;
}

/** What is wrong with the stored artifact of a source; what this worker does not hold it fetches, so that the artifact outlives the worker that made it. */
export async function lossOf(
  { cluster, storage }: Pick<SourceDeps, 'cluster' | 'storage'>,
  { parsed, object }: LoadedSource<SourceFields>,
): Promise<string | undefined> {
  const { path = '', digest = '' } = parsed.status?.artifact ?? {};
  switch (await storage.check(path, digest)) {
    case 'missing':
      return 'the artifact is not on this worker';
    case 'damaged': {
      await recordEvent(cluster, { object, ...damage(digest), component: 'source-controller' });
      return 'the stored artifact was damaged';
    }
    case 'sound': {
      await collectGarbage(cluster, storage, { object, path });
      return undefined;
    }
  }
}

function damage(
  digest: string,
): Pick<Parameters<typeof recordEvent>[1], 'type' | 'reason' | 'message'> {
  const message = `the stored artifact does not have its digest ${digest} any more: it was removed and is made again`;
  return { type: 'Warning', reason: 'ArtifactVerificationFailed', message };
}

const deleted = { verdict: 'deleted', why: 'the object is being deleted' } as const;

const noLook: LookBase = { generation: 0, intervalMs: 60_000, timeoutMs: 60_000 };

function baseOf(
  { parsed, object }: { readonly parsed: SourceFields; readonly object: KubeObject },
  { jitterPercent }: Spread,
): LookBase {
  const { spec, status } = parsed;
  const asked = requestOf({ object });
  const spread = 1 + (jitterPercent / 100) * (2 * Math.random() - 1);
  return {
    generation: object.metadata.generation ?? 0,
    ...(asked && asked !== status?.lastHandledReconcileAt ? { requestedAt: asked } : {}),
    intervalMs: Math.round(parseInterval(spec.interval) * spread),
    timeoutMs: parseTimeout(spec.timeout),
  };
}
