import { isDeepStrictEqual } from 'node:util';
import { parseDuration, unsupportedFields } from '../../../api/index.ts';
import { reportOnly } from '../../cluster/report-only.ts';
import { forgetSuspension, suspensionOf } from '../../cluster/suspension.ts';
import type { SourceKey, SourceLook, Trigger } from '../../contract.ts';
import type { SourceDeps, Spread } from '../build-artifact.ts';
import { loadOci, patchOci, withRegistry, type LoadedOci } from './oci-source.ts';
import { findTarget } from './pull-target.ts';
import { verificationFault } from './verification/verify.ts';

/** Reads an OCIRepository, asks its registry for the revision, and says whether there is something to pull. Adds the finalizer where it is missing, and removes what an ended suspension left. */
export async function lookAtOci(deps: SourceDeps & Spread, key: SourceKey): Promise<SourceLook> {
  const loaded = await loadOci(deps.cluster, key);
  if (!loaded) return { ...noLook, verdict: 'gone', why: 'the object is not there' };
  const base = baseOf(loaded, deps);
  const report = reportOnly(loaded.object, deps.reportOnly);
  if (report) {
    return { ...base, verdict: 'suspended', why: report.why, suspensionEnd: report.end };
  }
  if (loaded.object.metadata.deletionTimestamp) {
    return { ...base, verdict: 'deleted', why: 'the object is being deleted' };
  }
  await addFinalizer(deps, loaded);
  if (loaded.parsed.spec.suspend) {
    return { ...base, verdict: 'suspended', ...suspensionOf(loaded.object) };
  }
  await forgetSuspension(deps.cluster, loaded.object);
  const why = refusalOf(loaded);
  if (why) return { ...base, verdict: 'rejected', reason: 'UnsupportedField', why };
  return lookAtRegistry(deps, loaded, base);
}

/** True where the artifact in the status is what the spec makes of its revision. */
export function isUpToDate({ parsed }: LoadedOci, revision: string): boolean {
  const { spec, status } = parsed;
  return (
    status?.artifact?.revision === revision &&
    status.observedIgnore === spec.ignore &&
    isDeepStrictEqual(status.observedLayerSelector ?? {}, spec.layerSelector ?? {})
  );
}

type Base = Omit<SourceLook, 'verdict' | 'why'>;

const noLook: Base = { generation: 0, intervalMs: 60_000, timeoutMs: 60_000 };

function refusalOf({ object, parsed }: LoadedOci): string | undefined {
  const fields = unsupportedFields(object);
  if (fields.length === 0) return verificationFault(parsed.spec.verify);
  return `not supported yet: ${fields.join(', ')}; remove the field or wait for a version that has it`;
}

async function lookAtRegistry(
  { cluster, storage }: SourceDeps,
  loaded: LoadedOci,
  base: Base,
): Promise<SourceLook> {
  const { spec, status } = loaded.parsed;
  const { revision } = await withRegistry(cluster, loaded, 'OCIPullFailed', (session) =>
    findTarget(session, spec.ref),
  );
  const seen = { ...base, revision };
  const news = newsOf(loaded, revision);
  if (news) return { ...seen, verdict: 'fetch', ...news };
  // What this worker does not hold it pulls, so that the artifact outlives the worker that made it.
  if (status?.artifact && (await storage.find(status.artifact.path))) {
    return { ...seen, verdict: 'idle', why: `the registry is still at ${revision}` };
  }
  return { ...seen, verdict: 'fetch', trigger: 'start', why: 'the artifact is not on this worker' };
}

function newsOf(
  loaded: LoadedOci,
  revision: string,
): { trigger: Trigger; why: string } | undefined {
  const { artifact, observedGeneration, conditions = [] } = loaded.parsed.status ?? {};
  if (!artifact) return { trigger: 'start', why: 'nothing is stored yet' };
  if (artifact.revision !== revision) {
    return { trigger: 'source', why: `the registry is at ${revision}` };
  }
  if (observedGeneration !== loaded.object.metadata.generation || !isUpToDate(loaded, revision)) {
    return { trigger: 'spec', why: 'the spec changed' };
  }
  const notReady = conditions.find(({ type, status }) => type === 'Ready' && status !== 'True');
  return notReady && { trigger: 'retry', why: notReady.message };
}

function baseOf({ parsed, object }: LoadedOci, { jitterPercent }: Spread): Base {
  const { spec, status } = parsed;
  const asked = object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
  const spread = 1 + (jitterPercent / 100) * (2 * Math.random() - 1);
  return {
    generation: object.metadata.generation ?? 0,
    ...(asked && asked !== status?.lastHandledReconcileAt ? { requestedAt: asked } : {}),
    intervalMs: Math.round(parseDuration(spec.interval) * spread),
    timeoutMs: parseDuration(spec.timeout),
  };
}

async function addFinalizer({ cluster }: SourceDeps, { object, key }: LoadedOci): Promise<void> {
  const { finalizers = [], resourceVersion } = object.metadata;
  if (finalizers.includes('finalizers.fluxcd.io')) return;
  const wanted = [...finalizers, 'finalizers.fluxcd.io'];
  await patchOci(cluster, key, { metadata: { finalizers: wanted, resourceVersion } });
}
