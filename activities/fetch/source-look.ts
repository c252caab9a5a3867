import { parseDuration, unsupportedFields } from '../../api/index.ts';
import { recordEvent } from '../cluster/events.ts';
import { reportOnly } from '../cluster/report-only.ts';
import { forgetSuspension, suspensionOf } from '../cluster/suspension.ts';
import type { ObjectKey, SourceLook, Trigger } from '../contract.ts';
import { remoteOf, type SourceDeps, type Spread } from './build-artifact.ts';
import { collectGarbage } from './garbage.ts';
import { lookUp } from './git.ts';
import { differ, findIncludes, type Include } from './includes.ts';
import { patchRepository, readRepository, requestOf, type LoadedRepository } from './repository.ts';
import { checkMode } from './signatures/verify-revision.ts';

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
    const { requestedAt } = base;
    // Suspended it does nothing, and whoever asked is told that the request was seen.
    if (requestedAt) {
      await patchRepository(deps.cluster, key, { status: { lastHandledReconcileAt: requestedAt } });
    }
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
  deps: SourceDeps,
  key: ObjectKey,
  loaded: LoadedRepository,
  base: Base,
): Promise<SourceLook> {
  const { cluster } = deps;
  const { parsed } = loaded;
  const includes = await findIncludes(cluster, key, parsed.spec.include);
  const target = await lookUp(await remoteOf(deps, parsed, key), parsed.spec.ref);
  const { revision } = target;
  if (parsed.spec.verify) checkMode(parsed.spec.verify, target);
  const seen = { ...base, revision };
  const news = newsOf(parsed, { generation: base.generation, revision, includes });
  if (news) return { ...seen, verdict: 'fetch', ...news };
  const loss = await lossOf(deps, loaded);
  if (loss) return { ...seen, verdict: 'fetch', trigger: 'start', why: loss };
  return { ...seen, verdict: 'idle', why: `the remote is still at ${revision}` };
}

interface Seen {
  readonly generation: number;
  readonly revision: string;
  readonly includes: readonly Include[];
}

function newsOf(
  { status }: LoadedRepository['parsed'],
  { generation, revision, includes }: Seen,
): { trigger: Trigger; why: string } | undefined {
  const { artifact, includedArtifacts, observedGeneration, conditions = [] } = status ?? {};
  if (!artifact) return { trigger: 'start', why: 'nothing is stored yet' };
  if (artifact.revision !== revision) {
    return { trigger: 'source', why: `the remote is at ${revision}` };
  }
  if (observedGeneration !== generation) return { trigger: 'spec', why: 'the spec changed' };
  if (differ(includes, includedArtifacts)) {
    return { trigger: 'source', why: 'an included artifact changed' };
  }
  const notReady = conditions.find(({ type, status }) => type === 'Ready' && status !== 'True');
  return notReady && { trigger: 'retry', why: notReady.message };
}

/** What this worker does not hold it fetches, so that the artifact outlives the worker that made it. */
async function lossOf(
  { cluster, storage }: SourceDeps,
  { parsed, object }: LoadedRepository,
): Promise<string | undefined> {
  const { path = '', digest = '' } = parsed.status?.artifact ?? {};
  const component = 'source-controller';
  switch (await storage.check(path, digest)) {
    case 'missing':
      return 'the artifact is not on this worker';
    case 'damaged': {
      const message = `the stored artifact does not have its digest ${digest} any more: it was removed and is made again`;
      const reason = 'ArtifactVerificationFailed';
      await recordEvent(cluster, { object, type: 'Warning', reason, message, component });
      return 'the stored artifact was damaged';
    }
    case 'sound': {
      await collectGarbage(cluster, storage, { object, path });
      return undefined;
    }
  }
}

function baseOf(loaded: LoadedRepository, { jitterPercent }: Spread): Base {
  const { parsed, object } = loaded;
  const { spec, status } = parsed;
  const asked = requestOf(loaded);
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
