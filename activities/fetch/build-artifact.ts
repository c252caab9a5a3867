import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitRepository } from '../../api/index.ts';
import { parseTimeout } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import type { ObjectKey, SourceRetry } from '../contract.ts';
import { writeArchive, type Archived } from './archive.ts';
import type { ArtifactCache } from './artifact-cache.ts';
import type { ArtifactStorage } from './artifact-storage.ts';
import type { Trees } from './changed-directories.ts';
import type { FetchedCommit, TreeFile } from './commit-tree.ts';
import { gitAccess, type GitPolicy } from './git-credentials.ts';
import type { Target } from './git-reference.ts';
import { fetchCommit, type Remote } from './git.ts';
import { filesBy, type Recipe } from './source-recipe.ts';
import { sparse } from './sparse-checkout.ts';
import { onDisk } from './storage-fault.ts';
import { modulesOf, withSubmodules } from './submodules.ts';

/** What the activities of sources work with. */
export interface SourceDeps {
  readonly cluster: Cluster;
  readonly storage: ArtifactStorage;
  /** Opens the artifacts that others include. */
  readonly artifacts: Pick<ArtifactCache, 'open'>;
  /** Private directory for what is being fetched. */
  readonly tempDir: string;
  readonly trees: Trees;
  readonly git: GitPolicy;
  /** True writes nothing for any object. */
  readonly reportOnly: boolean;
  readonly sourceRetry: SourceRetry;
  /** The trace that the caller is a part of, as W3C writes it; nothing where it is not traced. */
  readonly trace: () => string | undefined;
}

/** By how many per cent intervals are spread, so that many sources do not ask at the same moment. */
export interface Spread {
  readonly jitterPercent: number;
}

/** What an artifact is to be made from. */
export interface Plan<Proof> {
  readonly remote: Remote;
  readonly target: Target;
  readonly recipe: Recipe;
  /** Looks at the commit before anything is made of it, and raises what speaks against it. */
  readonly inspect: (commit: FetchedCommit) => Promise<Proof>;
}

/** An archived commit that is not in the storage yet. */
export interface BuiltArtifact<Proof> extends Archived {
  readonly file: string;
  readonly subject: string;
  readonly committedAt: string;
  readonly files: readonly TreeFile[];
  readonly proof: Proof;
}

/** Fetches a commit and archives it by a recipe; `use` gets the archive, which is removed after it unless it was moved. */
export async function buildArtifact<T, Proof>(
  { tempDir, artifacts }: Pick<SourceDeps, 'tempDir' | 'artifacts'>,
  { remote, target, recipe, inspect }: Plan<Proof>,
  use: (built: BuiltArtifact<Proof>) => Promise<T>,
): Promise<T> {
  const directory = await onDisk('DirectoryCreationFailed', 'a directory for the commit', () =>
    makeDirectory(tempDir),
  );
  try {
    const whole = await fetchCommit(remote, target, join(directory, 'git'));
    const commit = sparse(whole, recipe.sparseCheckout);
    const proof = await inspect(whole);
    const fetched = recipe.recurseSubmodules
      ? await withSubmodules({ commit, modules: modulesOf(whole), remote }, directory)
      : commit.files;
    const files = await filesBy(recipe, { files: fetched }, artifacts);
    const file = join(directory, 'artifact.tar.gz');
    const archived = await onDisk('StorageOperationFailed', 'the archive', () =>
      writeArchive(file, files),
    );
    const { subject, committedAt } = whole;
    return await use({ ...archived, file, files, subject, committedAt, proof });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The remote of a source, with its credentials and its time-out. */
export async function remoteOf(
  { cluster, git }: Pick<SourceDeps, 'cluster' | 'git'>,
  repository: GitRepository,
  key: ObjectKey,
): Promise<Remote> {
  const access = await gitAccess(cluster, repository, key.namespace, git);
  return { access, timeoutMs: parseTimeout(repository.spec.timeout) };
}

async function makeDirectory(tempDir: string): Promise<string> {
  await mkdir(tempDir, { recursive: true, mode: 0o700 });
  return mkdtemp(join(tempDir, 'source-'));
}
