import type { Artifact, OCIRepository } from '../../../api/index.ts';
import type { Cluster } from '../../cluster/client.ts';
import { withConditions, type WantedCondition } from '../../cluster/conditions.ts';
import { recordEvent } from '../../cluster/events.ts';
import type { SourceLook } from '../../contract.ts';
import { storedConditions, tellFailure } from '../source-conditions.ts';
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
  const verified = { message: `verified signature of revision ${artifact.revision}` };
  const message = `stored artifact for digest '${artifact.revision}'`;
  await patchOci(cluster, key, {
    status: {
      artifact: { ...artifact, metadata: metadataPatch(status.artifact, artifact) },
      url: artifact.url,
      conditions: storedConditions(
        status.conditions ?? [],
        { message, verified: spec.verify && verified },
        at,
      ),
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
  if (!isNew && !tellFailure(conditions)) return;
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

const component = 'source-controller';
const group = 'source.toolkit.fluxcd.io';

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

/** A merge patch keeps what it does not name: what the artifact before told goes. */
function metadataPatch(
  before: Artifact | undefined,
  { metadata = {} }: Artifact,
): Record<string, string | null> | null {
  if (Object.keys(metadata).length === 0) return null;
  const gone = Object.keys(before?.metadata ?? {}).map((name) => [name, null] as const);
  return { ...Object.fromEntries(gone), ...metadata };
}
