import { parseDuration, unsupportedFields } from '../../api/index.ts';
import { reportOnly } from '../cluster/report-only.ts';
import { forgetSuspension, suspensionOf } from '../cluster/suspension.ts';
import type { ObjectKey, SourceLook, Trigger } from '../contract.ts';
import { remoteOf, type SourceDeps, type Spread } from './build-artifact.ts';
import { lookUp } from './git.ts';
import { patchRepository, readRepository, type LoadedRepository } from './repository.ts';

/** Reads a GitRepository, asks its remote for the revision, and says whether there is something to fetch. Adds the finalizer where it is missing, and removes what an ended suspension left. */
export async function lookAtSource(deps: SourceDeps & Spread, key: ObjectKey): Promise<SourceLook> {
  const loaded = await readRepository(deps.cluster, key);
  if (!loaded) return { ...noLook, verdict: 'gone', why: 'the object is not there' };
  const base = baseOf(loaded, deps);
  const report = reportOnly(loaded.object, deps.reportOnly);
  if (report) {
    return { ...base, verdict: 'suspended', why: report.why, suspensionEnd: report.end };
  }
  if (loaded.object.metadata.deletionTimestamp) {
    return { ...base, verdict: 'deleted', why: 'the object is being deleted' };
  }
  await addFinalizer(deps, loaded, key);
  if (loaded.parsed.spec.suspend) {
    return { ...base, verdict: 'suspended', ...suspensionOf(loaded.object) };
  }
  await forgetSuspension(deps.cluster, loaded.object);
  const fields = unsupportedFields(loaded.object);
  if (fields.length > 0) {
    const why = `not supported yet: ${fields.join(', ')}; remove the field or wait for a version that has it`;
    return { ...base, verdict: 'rejected', reason: 'UnsupportedField', why };
  }
  return lookAtRemote(deps, key, loaded, base);
}

type Base = Omit<SourceLook, 'verdict' | 'why'>;

const noLook: Base = { generation: 0, intervalMs: 60_000, timeoutMs: 60_000 };

async function lookAtRemote(
  { cluster, storage }: SourceDeps,
  key: ObjectKey,
  { parsed, object }: LoadedRepository,
  base: Base,
): Promise<SourceLook> {
  const remote = await remoteOf(cluster, parsed, key);
  const { revision } = await lookUp(remote, parsed.spec.ref);
  const { artifact } = parsed.status ?? {};
  const seen = { ...base, revision };
  const news = newsOf(parsed, object.metadata.generation, revision);
  if (news) return { ...seen, verdict: 'fetch', ...news };
  // What this worker does not hold it fetches, so that the artifact outlives the worker that made it.
  if (artifact && (await storage.find(artifact.path))) {
    return { ...seen, verdict: 'idle', why: `the remote is still at ${revision}` };
  }
  return { ...seen, verdict: 'fetch', trigger: 'start', why: 'the artifact is not on this worker' };
}

function newsOf(
  { status }: LoadedRepository['parsed'],
  generation: number | undefined,
  revision: string,
): { trigger: Trigger; why: string } | undefined {
  const { artifact, observedGeneration, conditions = [] } = status ?? {};
  if (!artifact) return { trigger: 'start', why: 'nothing is stored yet' };
  if (artifact.revision !== revision) {
    return { trigger: 'source', why: `the remote is at ${revision}` };
  }
  if (observedGeneration !== generation) return { trigger: 'spec', why: 'the spec changed' };
  const notReady = conditions.find(({ type, status }) => type === 'Ready' && status !== 'True');
  return notReady && { trigger: 'retry', why: notReady.message };
}

function baseOf({ parsed, object }: LoadedRepository, { jitterPercent }: Spread): Base {
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

async function addFinalizer(
  { cluster }: SourceDeps,
  { object }: LoadedRepository,
  key: ObjectKey,
): Promise<void> {
  const { finalizers = [], resourceVersion } = object.metadata;
  if (finalizers.includes('finalizers.fluxcd.io')) return;
  const wanted = [...finalizers, 'finalizers.fluxcd.io'];
  await patchRepository(cluster, key, { metadata: { finalizers: wanted, resourceVersion } });
}
