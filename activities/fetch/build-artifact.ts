import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitRepository } from '../../api/index.ts';
import { parseDuration } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import type { ObjectKey } from '../contract.ts';
import { writeArchive, type Archived } from './archive.ts';
import type { ArtifactStorage } from './artifact-storage.ts';
import { gitAccess } from './git-credentials.ts';
import type { Target } from './git-reference.ts';
import { fetchCommit, type Remote, type TreeFile } from './git.ts';
import type { Trees } from './changed-directories.ts';
import { withoutIgnored } from './ignored-files.ts';

/** What the activities of sources work with. */
export interface SourceDeps {
  readonly cluster: Cluster;
  readonly storage: ArtifactStorage;
  /** Private directory for what is being fetched. */
  readonly tempDir: string;
  readonly trees: Trees;
  /** True writes nothing for any object. */
  readonly reportOnly: boolean;
}

/** By how many per cent intervals are spread, so that many sources do not ask at the same moment. */
export interface Spread {
  readonly jitterPercent: number;
}

/** An archived commit that is not in the storage yet. */
export interface BuiltArtifact extends Archived {
  readonly file: string;
  readonly subject: string;
  readonly committedAt: string;
  readonly files: readonly TreeFile[];
}

/** Fetches a commit and archives it; `use` gets the archive, which is removed after it unless it was moved. */
export async function buildArtifact<T>(
  deps: Pick<SourceDeps, 'cluster' | 'tempDir'>,
  { repository, key }: { readonly repository: GitRepository; readonly key: ObjectKey },
  target: Target,
  use: (built: BuiltArtifact) => Promise<T>,
): Promise<T> {
  await mkdir(deps.tempDir, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(deps.tempDir, 'source-'));
  try {
    const remote = await remoteOf(deps.cluster, repository, key);
    const commit = await fetchCommit(remote, target, join(directory, 'git'));
    const file = join(directory, 'artifact.tar.gz');
    const files = await withoutIgnored(commit.files, repository.spec.ignore);
    const archived = await writeArchive(file, files);
    const { subject, committedAt } = commit;
    return await use({ ...archived, file, files, subject, committedAt });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The remote of a source, with its credentials and its time-out. */
export async function remoteOf(
  cluster: Cluster,
  repository: GitRepository,
  key: ObjectKey,
): Promise<Remote> {
  const access = await gitAccess(cluster, repository, key.namespace);
  return { access, timeoutMs: parseDuration(repository.spec.timeout) };
}
