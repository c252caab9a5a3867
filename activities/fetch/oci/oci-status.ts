import type { Artifact, Condition, OCIRepository } from '../../../api/index.ts';
import type { Cluster } from '../../cluster/client.ts';
import { withConditions, type WantedCondition } from '../../cluster/conditions.ts';
import { recordEvent } from '../../cluster/events.ts';
import type { KubeObject } from '../../cluster/object.ts';
import type { SourceLook, SourceOutcome } from '../../contract.ts';
import { patchOci, type LoadedOci } from './oci-source.ts';

/** Tells in the status that a revision is about to be pulled; nothing where it is the one that is stored. */
export async function tellProgress(
  cluster: Cluster,
  { key, parsed }: LoadedOci,
  { generation, revision = '' }: SourceLook,
): Promise<void> {
  const { artifact, conditions = [] } = parsed.status ?? {};
  if (artifact?.revision === revision) return;
  const news = `new revision '${revision}' for '${parsed.spec.url}'`;
  const message = `building artifact: ${news}`;
  const wanted: WantedCondition[] = [
    { type: 'Ready', status: 'Unknown', reason: 'Progressing', message },
    { type: 'Reconciling', status: 'True', reason: 'Progressing', message },
  ];
  if (artifact) {
    wanted.push({ type: 'ArtifactOutdated', status: 'True', reason: 'NewRevision', message: news });
  }
  const at = { generation, now: new Date().toISOString() };
  const told = withConditions(conditions, wanted, ['Stalled'], at);
  await patchOci(cluster, key, { status: { conditions: told } });
}

/** Writes a stored artifact into the status. */
export async function tellStored(
  cluster: Cluster,
  { key, parsed }: LoadedOci,
  { generation, requestedAt }: SourceLook,
  artifact: Artifact,
): Promise<void> {
  const { spec, status = {} } = parsed;
  const at = { generation, now: new Date().toISOString() };
  const gone = spec.verify ? failures : [...failures, 'SourceVerified'];
  const wanted = conditionsOfStored(spec, artifact.revision);
  await patchOci(cluster, key, {
    status: {
      artifact: { ...artifact, metadata: metadataPatch(status.artifact, artifact) },
      url: artifact.url,
      conditions: withConditions(status.conditions ?? [], wanted, gone, at),
      observedGeneration: generation,
      ...observedOf(spec),
      ...(requestedAt ? { lastHandledReconcileAt: requestedAt } : {}),
    },
  });
}

/** Records the event of a stored artifact: that its bytes are new, or that it is back after a failure. */
export async function announceStored(
  cluster: Cluster,
  { object, parsed }: LoadedOci,
  { revision, digest = '', metadata = {} }: Artifact,
): Promise<void> {
  const { artifact, conditions = [] } = parsed.status ?? {};
  const isNew = artifact?.digest !== digest;
  if (!isNew && !conditions.some(isFailure)) return;
  const originRevision = metadata['org.opencontainers.image.revision'];
  await recordEvent(cluster, {
    object,
    type: 'Normal',
    reason: isNew ? 'NewArtifact' : 'Succeeded',
    message: `stored artifact with revision '${revision}' from '${parsed.spec.url}'${originOf(metadata)}`,
    component,
    annotations: {
      [`${group}/revision`]: revision,
      [`${group}/digest`]: digest,
      ...(originRevision ? { [`${group}/originRevision`]: originRevision } : {}),
    },
  });
}

/** Writes an outcome that stored no artifact; the artifact of before stays, and whoever uses it goes on doing so. A failure that repeats has one event. */
export async function tellOutcome(
  cluster: Cluster,
  { key, object, parsed }: LoadedOci,
  outcome: SourceOutcome,
): Promise<void> {
  const handled = handledBy(outcome, object);
  if (outcome.result === 'idle') return patchOci(cluster, key, { status: handled });
  // A look that failed early never learned the generation.
  const generation = outcome.generation || (object.metadata.generation ?? 0);
  const before = parsed.status?.conditions ?? [];
  const at = { generation, now: new Date().toISOString() };
  const { wanted, remove } = conditionsOf(outcome);
  const conditions = withConditions(before, wanted, remove, at);
  const observed = outcome.terminal ? { observedGeneration: generation } : {};
  await patchOci(cluster, key, { status: { conditions, ...observed, ...handled } });
  if (isTold(before, outcome)) return;
  const { reason, message } = outcome;
  await recordEvent(cluster, { object, type: 'Warning', reason, message, component });
}

function handledBy({ requestedAt }: SourceOutcome, { metadata }: KubeObject): object {
  const asked = requestedAt ?? metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
  return asked ? { lastHandledReconcileAt: asked } : {};
}

function isTold(before: readonly Condition[], { reason, message }: SourceOutcome): boolean {
  const ready = before.find(({ type }) => type === 'Ready');
  return ready?.status === 'False' && ready.reason === reason && ready.message === message;
}

const component = 'source-controller';
const group = 'source.toolkit.fluxcd.io';

/** The conditions that are there only while something is wrong or under way. */
const failures = [
  'Reconciling',
  'Stalled',
  'FetchFailed',
  'StorageOperationFailed',
  'ArtifactOutdated',
];

function conditionsOfStored(
  { verify }: OCIRepository['spec'],
  revision: string,
): WantedCondition[] {
  const message = `stored artifact for digest '${revision}'`;
  const succeeded = { status: 'True', reason: 'Succeeded' } as const;
  const verified = `verified signature of revision ${revision}`;
  return [
    { type: 'Ready', ...succeeded, message },
    { type: 'ArtifactInStorage', ...succeeded, message },
    ...(verify ? [{ type: 'SourceVerified', ...succeeded, message: verified }] : []),
  ];
}

/** A merge patch keeps what it does not name. */
function observedOf({ ignore, layerSelector }: OCIRepository['spec']): object {
  const { mediaType = null, operation = null } = layerSelector ?? {};
  return {
    observedIgnore: ignore ?? null,
    observedLayerSelector: layerSelector ? { mediaType, operation } : null,
  };
}

function originOf(metadata: Readonly<Record<string, string>>): string {
  const source = metadata['org.opencontainers.image.source'];
  const revision = metadata['org.opencontainers.image.revision'];
  const from = source ? `, origin source '${source}'` : '';
  return revision ? `${from}, origin revision '${revision}'` : from;
}

function isFailure({ type, status }: Pick<Condition, 'type' | 'status'>): boolean {
  if (type === 'SourceVerified') return status === 'False';
  return (type === 'FetchFailed' || type === 'StorageOperationFailed') && status === 'True';
}

function conditionsOf({ reason, message, terminal }: SourceOutcome): {
  wanted: WantedCondition[];
  remove: string[];
} {
  const unverified = reason === 'VerificationError';
  const wanted: WantedCondition[] = [
    { type: 'Ready', status: 'False', reason, message },
    unverified
      ? { type: 'SourceVerified', status: 'False', reason, message }
      : { type: 'FetchFailed', status: 'True', reason, message },
  ];
  const fetched = unverified ? ['FetchFailed'] : [];
  if (terminal) {
    wanted.push({ type: 'Stalled', status: 'True', reason, message });
    return { wanted, remove: ['Reconciling', ...fetched] };
  }
  wanted.push({ type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message });
  return { wanted, remove: ['Stalled', ...fetched] };
}

/** A merge patch keeps what it does not name: what the artifact before told goes. */
function metadataPatch(
  before: Artifact | undefined,
  { metadata = {} }: Artifact,
): Record<string, string | null> | null {
  if (Object.keys(metadata).length === 0) return null;
  const gone = Object.keys(before?.metadata ?? {}).map((name) => [name, null] as const);
  return { ...Object.fromEntries(gone), ...metadata };
}
