import {
  changedDirectories,
  committedAt,
  type Artifact,
  traceparent,
  type GitRepository,
} from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import type { ObjectKey, SourceFetched, SourceLook } from '../contract.ts';
import { fail } from '../failures.ts';
import {
  buildArtifact,
  remoteOf,
  type BuiltArtifact,
  type Plan,
  type SourceDeps,
} from './build-artifact.ts';
import { collectGarbage } from './garbage.ts';
import { lookUp } from './git.ts';
import type { Target } from './git-reference.ts';
import { differ, findIncludes } from './includes.ts';
import { patchRepository, readRepository, type LoadedRepository } from './repository.ts';
import { verifyRevision, type Verified } from './signatures/verify-revision.ts';
import { tellFetched } from './source-announce.ts';
import { progressConditions, storedConditions, type Outdated } from './source-conditions.ts';
import { isMadeBy, observedFields, wantedRecipe, type Recipe } from './source-recipe.ts';
import { onDisk } from './storage-fault.ts';

/**
 * Fetches what the remote holds now, verifies it, stores it as an artifact and writes it into the status in one patch. What is stored already
 * is not fetched again. Fails with Superseded where the object changed since the look.
 */
export async function fetchSource(
  deps: SourceDeps,
  key: ObjectKey,
  look: SourceLook,
): Promise<SourceFetched> {
  const { cluster } = deps;
  const loaded = await readRepository(cluster, key);
  if (loaded?.object.metadata.generation !== look.generation) {
    const title = `GitRepository/${key.namespace}/${key.name}`;
    throw fail('Superseded', `${title} changed while it was fetched`);
  }
  const { parsed } = loaded;
  const recipe = wantedRecipe(parsed, await findIncludes(cluster, key, parsed.spec.include));
  const subject = { key, loaded, look, recipe };
  await announceProgress(cluster, subject);
  const remote = await remoteOf(deps, parsed, key);
  const target = await lookUp(remote, parsed.spec.ref);
  const kept = await keep(deps, subject, target);
  if (kept) return kept;
  const plan = { remote, target, recipe, inspect: verifier(cluster, key, parsed, target) };
  return buildArtifact(deps, plan, (built) => store(deps, subject, target, built));
}

interface Subject {
  readonly key: ObjectKey;
  readonly loaded: LoadedRepository;
  readonly look: SourceLook;
  readonly recipe: Recipe;
}

async function announceProgress(
  cluster: Cluster,
  { key, loaded, look, recipe }: Subject,
): Promise<void> {
  const { artifact, includedArtifacts, conditions = [] } = loaded.parsed.status ?? {};
  const isIncludeChange = artifact !== undefined && differ(recipe.includes, includedArtifacts);
  if (artifact?.revision === look.revision && !isIncludeChange) return;
  const at = { generation: look.generation, now: new Date().toISOString() };
  const outdated = artifact && outdatedBy(artifact, look);
  const progress = progressConditions(conditions, look, outdated, at);
  await patchRepository(cluster, key, { status: { conditions: progress } });
}

function outdatedBy(artifact: Artifact, { revision = '' }: SourceLook): Outdated {
  if (artifact.revision !== revision) {
    return { reason: 'NewRevision', message: `new upstream revision '${revision}'` };
  }
  return { reason: 'IncludeChange', message: 'the included artifacts are others than before' };
}

/** Where the artifact of before is still the right one, only the status is put right. */
async function keep(
  { cluster, storage }: SourceDeps,
  subject: Subject,
  { revision }: Target,
): Promise<SourceFetched | undefined> {
  const { loaded, look, recipe } = subject;
  const artifact = loaded.parsed.status?.artifact;
  if (artifact?.revision !== revision) return undefined;
  if (!isMadeBy(loaded.parsed, look.generation, recipe)) return undefined;
  const { path, digest = '', size = 0 } = artifact;
  if ((await storage.check(path, digest)) !== 'sound') return undefined;
  const verified = verifiedBefore(loaded.parsed);
  await writeStatus(cluster, subject, artifact, verified);
  await tellFetched(cluster, { before: loaded, artifact, verified });
  return { revision, digest, size, changed: false };
}

function verifiedBefore({ status }: GitRepository): Verified | undefined {
  const verified = status?.conditions?.find(({ type }) => type === 'SourceVerified');
  return verified && { mode: status?.sourceVerificationMode ?? '', message: verified.message };
}

function verifier(
  cluster: Cluster,
  { namespace }: ObjectKey,
  { spec: { verify } }: GitRepository,
  target: Target,
): Plan<Verified | undefined>['inspect'] {
  return async ({ readObject }) =>
    verify && verifyRevision(verify, target, { cluster, namespace, readObject });
}

async function store(
  { storage, cluster, trees, trace }: SourceDeps,
  subject: Subject,
  { commit, revision }: Target,
  built: BuiltArtifact<Verified | undefined>,
): Promise<SourceFetched> {
  const { key, loaded } = subject;
  const { file, files, digest, size, proof: verified } = built;
  const path = storage.path(key, commit);
  await onDisk('StorageOperationFailed', 'the artifact', () => storage.store(path, file));
  const before = loaded.parsed.status?.artifact;
  const directories = trees.changed(key, before?.revision, { revision, files });
  const traced = trace();
  const stored: Artifact = {
    path,
    url: storage.url(path),
    digest,
    revision,
    size,
    lastUpdateTime: new Date().toISOString(),
    metadata: {
      [committedAt]: built.committedAt,
      // Whoever follows the source can turn to what a revision touched first.
      ...(directories ? { [changedDirectories]: JSON.stringify(directories) } : {}),
      ...(traced ? { [traceparent]: traced } : {}),
    },
  };
  const artifact = asBefore(before, stored);
  await writeStatus(cluster, subject, artifact, verified);
  await tellFetched(cluster, { before: loaded, artifact, subject: built.subject, verified });
  await collectGarbage(cluster, storage, { object: loaded.object, path });
  return { revision, digest, size, changed: before?.digest !== digest };
}

/** The same bytes of the same revision are the same artifact, whoever made them once more. */
function asBefore(before: Artifact | undefined, made: Artifact): Artifact {
  if (before?.digest !== made.digest || before?.revision !== made.revision) return made;
  return { ...before, path: made.path, url: made.url };
}

async function writeStatus(
  cluster: Cluster,
  { key, loaded, look, recipe }: Subject,
  artifact: Artifact,
  verified: Verified | undefined,
): Promise<void> {
  const { generation, requestedAt } = look;
  const before = loaded.parsed.status?.conditions ?? [];
  const at = { generation, now: new Date().toISOString() };
  const message = `stored artifact for revision '${artifact.revision}'`;
  await patchRepository(cluster, key, {
    status: {
      // A merge patch would keep what the artifact before told.
      artifact: { ...artifact, metadata: artifact.metadata ?? null },
      conditions: storedConditions(before, { message, verified }, at),
      observedGeneration: generation,
      ...observedFields(recipe),
      sourceVerificationMode: verified?.mode ?? null,
      ...(requestedAt ? { lastHandledReconcileAt: requestedAt } : {}),
    },
  });
}
