import { parseDuration, parseInterval, type Condition } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import { budgetAnnotation } from '../cluster/deletion-budget.ts';
import {
  kustomizationRef,
  loadKustomization,
  patchKustomization,
  read,
  type LoadedKustomization,
} from '../cluster/kustomizations.ts';
import { reportOnly } from '../cluster/report-only.ts';
import { forgetSuspension, suspensionOf } from '../cluster/suspension.ts';
import type { Look, ObjectKey, Trigger } from '../contract.ts';
import { checkDependencies } from './dependencies.ts';
import { refusalOf, type ObservePolicy } from './refusal.ts';
import { readSource } from '../cluster/source.ts';

/**
 * Reads a Kustomization, its source and its dependencies, and says what is to be done. Adds the finalizer to an object that lacks it,
 * before anything of it can be applied, and removes what an ended suspension left. Writes nothing else.
 */
export async function observe(
  cluster: Cluster,
  key: ObjectKey,
  policy: ObservePolicy,
): Promise<Look> {
  const invalid = { ...noLook, source: '' };
  let loaded: LoadedKustomization | undefined;
  try {
    loaded = await loadKustomization(cluster, key);
  } catch (error) {
    return rejectInvalid(cluster, key, error);
  }
  if (!loaded) return { ...invalid, verdict: 'gone', why: 'the object is not there' };
  const base = baseOf(loaded, key, policy);
  const report = reportOnly(loaded.object, policy.reportOnly);
  if (report) {
    return { ...base, verdict: 'suspended', why: report.why, suspensionEnd: report.end };
  }
  if (loaded.object.metadata.deletionTimestamp) {
    return { ...base, verdict: 'deleted', why: 'the object is being deleted', trigger: 'delete' };
  }
  await addFinalizer(cluster, loaded, key);
  if (loaded.spec.suspend) return { ...base, verdict: 'suspended', ...suspensionOf(loaded.object) };
  await forgetSuspension(cluster, loaded.object);
  const refusal = refusalOf(loaded, key, policy);
  if (refusal) return { ...base, verdict: 'rejected', ...refusal };
  return lookAtInputs(cluster, { key, loaded }, base, policy);
}

async function lookAtInputs(
  cluster: Cluster,
  { key, loaded }: { readonly key: ObjectKey; readonly loaded: LoadedKustomization },
  base: Base,
  { requeueDependencyMs: retryMs, additiveReadyExpr }: ObservePolicy,
): Promise<Look> {
  const source = await readSource(cluster, loaded.spec.sourceRef, key.namespace);
  if (!source.artifact) {
    const { why } = source;
    return { ...base, verdict: 'waiting', reason: 'ArtifactFailed', why, retryMs };
  }
  const { artifact } = source;
  const ready = { ...base, artifact };
  const { revision } = artifact;
  const dependant = { key, loaded, revision, additiveReadyExpr };
  const blocker = await checkDependencies(cluster, dependant);
  if (blocker) {
    const { why, lags } = blocker;
    const wait = { ...ready, reason: 'DependencyNotReady', why, retryMs };
    return { ...wait, verdict: 'waiting', ...(lags ? { dependencyLags: true } : {}) };
  }
  const news = newsOf(loaded, artifact.revision, base.requestedAt);
  if (!news) return { ...ready, verdict: 'idle', why: `${artifact.revision} is applied` };
  return { ...ready, verdict: 'sync', trigger: news.trigger, why: news.why };
}

/** What of the object or its source the status does not show as done. */
function newsOf(
  { object, status }: LoadedKustomization,
  revision: string,
  requestedAt: string | undefined,
): { trigger: Trigger; why: string } | undefined {
  if (requestedAt) return { trigger: 'request', why: `requested at ${requestedAt}` };
  const attempted = status.lastAttemptedRevision;
  if (attempted === undefined) return { trigger: 'start', why: 'never applied' };
  if (attempted !== revision) return { trigger: 'source', why: `new revision ${revision}` };
  return unfinished(status, object.metadata.generation, revision);
}

function unfinished(
  status: LoadedKustomization['status'],
  generation: number | undefined,
  revision: string,
): { trigger: Trigger; why: string } | undefined {
  const ready = readyOf(status);
  if (ready?.observedGeneration !== generation) {
    return { trigger: 'spec', why: `generation ${String(generation)} of the spec` };
  }
  if (ready?.status === 'True' && status.lastAppliedRevision === revision) return undefined;
  return { trigger: 'retry', why: ready?.message ?? 'not ready' };
}

function readyOf({ conditions = [] }: LoadedKustomization['status']): Condition | undefined {
  return conditions.find(({ type }) => type === 'Ready');
}

function baseOf(
  { spec, status, object }: LoadedKustomization,
  key: ObjectKey,
  policy: ObservePolicy,
): Base {
  const asked = object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
  const { kind, name, namespace = key.namespace } = spec.sourceRef;
  return {
    generation: object.metadata.generation ?? 0,
    source: `${kind}/${namespace}/${name}`,
    ...(asked && asked !== status.lastHandledReconcileAt ? { requestedAt: asked } : {}),
    ...timesOf(spec, policy),
    ...(policy.newsEndsHealthWait ? {} : { quietHealthWait: true }),
    ...pruneOf(object),
  };
}

function timesOf(
  spec: LoadedKustomization['spec'],
  { retryBackoff, jitterPercent }: ObservePolicy,
): Pick<Look, 'intervalMs' | 'jitterPercent' | 'retryMs' | 'retryCapMs' | 'timeoutMs'> {
  const intervalMs = parseInterval(spec.interval);
  const retryMs = spec.retryInterval ? parseDuration(spec.retryInterval) : intervalMs;
  const timeoutMs = parseDuration(spec.timeout ?? spec.interval) - (spec.timeout ? 0 : 30_000);
  return {
    intervalMs,
    jitterPercent,
    retryMs: Math.max(retryMs, minRetryMs),
    ...(retryBackoff ? { retryCapMs: Math.max(intervalMs, retryMs) } : {}),
    timeoutMs: Math.max(timeoutMs, minTimeoutMs),
  };
}

function pruneOf({ metadata }: LoadedKustomization['object']): Pick<Base, 'pruneFirst' | 'budget'> {
  const { annotations = {} } = metadata;
  const pruneFirst = annotations['sluice.dev/prune'] === 'before-health';
  const budget = annotations[budgetAnnotation];
  return { pruneFirst, ...(budget === undefined ? {} : { budget: budget.slice(0, 50) }) };
}

type Base = Omit<Look, 'verdict' | 'why'>;

/** Flux's floor for health checks: `timeout: 1s` behaves as 30 s. */
const minTimeoutMs = 30_000;
/** Less would be a loop without rest. */
const minRetryMs = 1000;

const noLook = {
  generation: 0,
  source: '',
  intervalMs: 60_000,
  retryMs: 60_000,
  timeoutMs: 30_000,
  pruneFirst: false,
};

async function rejectInvalid(cluster: Cluster, key: ObjectKey, error: unknown): Promise<Look> {
  const invalid =
    typeof error === 'object' && error !== null && 'type' in error && error.type === 'InvalidSpec';
  if (!invalid || !(error instanceof Error)) throw error;
  const object = await read(() => cluster.get(kustomizationRef(key)));
  const generation = object?.metadata.generation ?? 0;
  if (object?.metadata.deletionTimestamp) {
    return { ...noLook, generation, verdict: 'deleted', why: 'the object is being deleted' };
  }
  const why = error.message;
  return { ...noLook, generation, verdict: 'rejected', reason: 'InvalidSpec', why };
}

async function addFinalizer(
  cluster: Cluster,
  { object }: LoadedKustomization,
  key: ObjectKey,
): Promise<void> {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes('finalizers.fluxcd.io')) return;
  const { resourceVersion } = object.metadata;
  const added = [...finalizers, 'finalizers.fluxcd.io'];
  await patchKustomization(cluster, key, { metadata: { finalizers: added, resourceVersion } });
}
