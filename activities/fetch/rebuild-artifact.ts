import { buildArtifact, type SourceDeps } from './build-artifact.ts';
import type { Target } from './git-reference.ts';
import { readRepository } from './repository.ts';

/**
 * Makes an artifact again that another worker stored: the exact revision in the status of its source, by the same rules. Gives the file,
 * or nothing where the source names another artifact by now or the bytes are not the same.
 */
export async function rebuildArtifact(
  deps: Omit<SourceDeps, 'trees' | 'reportOnly'>,
  path: string,
): Promise<string | undefined> {
  const [, namespace = '', name = '', file = ''] = path.split('/');
  const key = { namespace, name };
  const repository = await readRepository(deps.cluster, key);
  const artifact = repository?.parsed.status?.artifact;
  if (!repository || artifact?.path !== path) return undefined;
  const target = targetOf(file.replace('.tar.gz', ''), artifact.revision);
  const subject = { repository: repository.parsed, key };
  return buildArtifact(deps, subject, target, async (built) => {
    if (built.digest !== artifact.digest) return undefined;
    await deps.storage.store(path, built.file);
    return deps.storage.find(path);
  });
}

/** Only a revision that names a full reference says where the commit is to be found at once. */
function targetOf(commit: string, revision: string): Target {
  const ref = /^(refs\/[^@]+)@/.exec(revision)?.[1];
  return ref === undefined ? { commit, revision } : { commit, revision, ref };
}
