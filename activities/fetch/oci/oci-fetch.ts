import { traceparent, type Artifact } from '../../../api/index.ts';
import type { SourceFetched, SourceKey, SourceLook } from '../../contract.ts';
import { fail } from '../../failures.ts';
import { collectGarbage } from '../garbage.ts';
import { onDisk } from '../storage-fault.ts';
import type { SourceDeps } from '../build-artifact.ts';
import { isUpToDate } from './oci-look.ts';
import { loadOci, withRegistry, type LoadedOci } from './oci-source.ts';
import { announceStored, tellProgress, tellStored } from './oci-status.ts';
import { pullArtifact, type PulledArtifact } from './pull.ts';
import { findTarget, type PullTarget } from './pull-target.ts';
import type { Session } from './session.ts';
import { verifySource } from './verification/verify.ts';

/**
 * Pulls what the registry holds now, verifies it where the spec asks for that, stores it as an artifact and writes it into the status in one
 * patch. Fails with Superseded where the object changed since the look, and with VerificationError before anything of it is pulled.
 */
export async function fetchOci(
  deps: SourceDeps,
  key: SourceKey,
  look: SourceLook,
): Promise<SourceFetched> {
  const loaded = await loadOci(deps.cluster, key);
  if (loaded?.object.metadata.generation !== look.generation) {
    const title = `OCIRepository/${key.namespace}/${key.name}`;
    throw fail('Superseded', `${title} changed while it was pulled`);
  }
  await tellProgress(deps.cluster, loaded, look);
  return withRegistry(deps.cluster, loaded, 'OCIPullFailed', async (session) => {
    const target = await findTarget(session, loaded.parsed.spec.ref);
    await verifyWhereAsked(deps, loaded, session, target);
    const { artifact } = loaded.parsed.status ?? {};
    if (artifact?.digest && isUpToDate(loaded, target.revision)) {
      if (await deps.storage.find(artifact.path)) return conclude(deps, { loaded, look }, artifact);
    }
    const { ignore, layerSelector } = loaded.parsed.spec;
    const pull = { digest: target.digest, tempDir: deps.tempDir, rules: { ignore, layerSelector } };
    return pullArtifact(session, pull, (pulled) => store(deps, { loaded, look }, target, pulled));
  });
}

interface Subject {
  readonly loaded: LoadedOci;
  readonly look: SourceLook;
}

/** What was verified once is not verified again, unless the spec changed or it failed. */
async function verifyWhereAsked(
  { cluster }: SourceDeps,
  { key, object, parsed }: LoadedOci,
  session: Session,
  { digest, revision }: PullTarget,
): Promise<void> {
  const { verify } = parsed.spec;
  if (!verify) return;
  const known = parsed.status?.conditions?.find(({ type }) => type === 'SourceVerified');
  const isVerified =
    parsed.status?.artifact?.revision === revision &&
    known?.status === 'True' &&
    known.observedGeneration === object.metadata.generation;
  if (!isVerified) await verifySource(cluster, key.namespace, { session, digest, verify });
}

async function store(
  deps: SourceDeps,
  subject: Subject,
  { digest: manifest, revision }: PullTarget,
  { file, digest, size, metadata }: PulledArtifact,
): Promise<SourceFetched> {
  const { storage } = deps;
  const path = storage.path({ kind: 'OCIRepository', ...subject.loaded.key }, manifest);
  await onDisk('StorageOperationFailed', 'the artifact', () => storage.store(path, file));
  const before = subject.loaded.parsed.status?.artifact;
  const same = before?.digest === digest && before.revision === revision;
  const lastUpdateTime = same ? before.lastUpdateTime : new Date().toISOString();
  const url = storage.url(path);
  const traced = deps.trace();
  const told = traced ? { ...metadata, [traceparent]: traced } : metadata;
  const artifact = { path, url, digest, revision, size, lastUpdateTime, metadata: told };
  const stored = await conclude(deps, subject, artifact);
  await collectGarbage(deps.cluster, storage, { object: subject.loaded.object, path });
  return stored;
}

async function conclude(
  { cluster }: SourceDeps,
  { loaded, look }: Subject,
  artifact: Artifact,
): Promise<SourceFetched> {
  await tellStored(cluster, loaded, look, artifact);
  await announceStored(cluster, loaded, artifact);
  const { revision, digest = '', size = 0 } = artifact;
  return { revision, digest, size, changed: loaded.parsed.status?.artifact?.digest !== digest };
}
