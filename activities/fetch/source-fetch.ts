import { changedDirectories, committedAt, type Artifact } from '../../api/index.ts';
import { withConditions } from '../cluster/conditions.ts';
import { recordEvent } from '../cluster/events.ts';
import type { ObjectKey, SourceFetched, SourceLook } from '../contract.ts';
import { fail } from '../failures.ts';
import { buildArtifact, remoteOf, type BuiltArtifact, type SourceDeps } from './build-artifact.ts';
import { lookUp } from './git.ts';
import type { Target } from './git-reference.ts';
import { patchRepository, readRepository, type LoadedRepository } from './repository.ts';

/**
 * Fetches what the remote holds now, stores it as an artifact and writes it into the status in one patch. Fails with Superseded where the
 * object changed since the look.
 */
export async function fetchSource(
  deps: SourceDeps,
  key: ObjectKey,
  look: SourceLook,
): Promise<SourceFetched> {
  const loaded = await readRepository(deps.cluster, key);
  if (loaded?.object.metadata.generation !== look.generation) {
    const title = `GitRepository/${key.namespace}/${key.name}`;
    throw fail('Superseded', `${title} changed while it was fetched`);
  }
  const { parsed } = loaded;
  await announceProgress(deps, key, loaded, look);
  const target = await lookUp(await remoteOf(deps.cluster, parsed, key), parsed.spec.ref);
  return buildArtifact(deps, { repository: parsed, key }, target, (built) =>
    store(deps, { key, loaded, look }, target, built),
  );
}

interface Subject {
  readonly key: ObjectKey;
  readonly loaded: LoadedRepository;
  readonly look: SourceLook;
}

async function store(
  { storage, cluster, trees }: SourceDeps,
  { key, loaded, look }: Subject,
  { commit, revision }: Target,
  { file, files, digest, size, subject, committedAt: made }: BuiltArtifact,
): Promise<SourceFetched> {
  const path = storage.path(key, commit);
  await storage.store(path, file);
  const before = loaded.parsed.status?.artifact;
  const now = new Date().toISOString();
  const directories = trees.changed(key, before?.revision, { revision, files });
  const stored: Artifact = {
    path,
    url: storage.url(path),
    digest,
    revision,
    size,
    lastUpdateTime: now,
    metadata: {
      [committedAt]: made,
      // Whoever follows the source can turn to what a revision touched first.
      ...(directories ? { [changedDirectories]: JSON.stringify(directories) } : {}),
    },
  };
  const artifact = { ...stored, lastUpdateTime: lastUpdate(before, stored) };
  await patchRepository(cluster, key, { status: statusOf({ loaded, look }, artifact, now) });
  const changed = before?.digest !== digest;
  if (changed) await announceArtifact(cluster, loaded, artifact, subject);
  return { revision, digest, size, changed };
}

function lastUpdate(before: Artifact | undefined, now: Artifact): string {
  const same = before && before.digest === now.digest && before.revision === now.revision;
  return same ? before.lastUpdateTime : now.lastUpdateTime;
}

function statusOf(
  { loaded, look }: Omit<Subject, 'key'>,
  artifact: Artifact,
  now: string,
): Record<string, unknown> {
  const { spec, status } = loaded.parsed;
  const message = `stored artifact for revision '${artifact.revision}'`;
  const conditions = withConditions(
    status?.conditions ?? [],
    [
      { type: 'Ready', status: 'True', reason: 'Succeeded', message },
      { type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message },
    ],
    ['Reconciling', 'Stalled', 'FetchFailed', 'StorageOperationFailed'],
    { generation: look.generation, now },
  );
  return {
    // A merge patch would keep what the artifact before told.
    artifact: { ...artifact, metadata: artifact.metadata ?? null },
    conditions,
    observedGeneration: look.generation,
    observedIgnore: spec.ignore ?? null,
    ...(look.requestedAt ? { lastHandledReconcileAt: look.requestedAt } : {}),
  };
}

async function announceProgress(
  { cluster }: SourceDeps,
  key: ObjectKey,
  { parsed }: LoadedRepository,
  { generation, revision, why }: SourceLook,
): Promise<void> {
  if (parsed.status?.artifact?.revision === revision) return;
  const wanted = [
    { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'fetching' },
    { type: 'Reconciling', status: 'True', reason: 'Progressing', message: `fetching: ${why}` },
  ] as const;
  const at = { generation, now: new Date().toISOString() };
  const conditions = withConditions(parsed.status?.conditions ?? [], wanted, ['Stalled'], at);
  await patchRepository(cluster, key, { status: { conditions } });
}

async function announceArtifact(
  cluster: SourceDeps['cluster'],
  { object }: LoadedRepository,
  { revision, digest }: Artifact,
  subject: string,
): Promise<void> {
  await recordEvent(cluster, {
    object,
    type: 'Normal',
    reason: 'NewArtifact',
    message: `stored artifact for commit '${subject.slice(0, 50)}'`,
    component: 'source-controller',
    annotations: {
      'source.toolkit.fluxcd.io/revision': revision,
      'source.toolkit.fluxcd.io/digest': digest ?? '',
    },
  });
}
