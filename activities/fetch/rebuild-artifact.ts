import { buildArtifact, remoteOf, type SourceDeps } from './build-artifact.ts';
import type { Target } from './git-reference.ts';
import { readRepository } from './repository.ts';
import { recordedRecipe } from './source-recipe.ts';

/**
 * Makes an artifact again that another worker stored: the exact revision in the status of its source, by the recipe that is recorded there.
 * Gives the file, or nothing where the source names another artifact by now or the bytes are not the same.
 */
export async function rebuildArtifact(
  deps: Pick<SourceDeps, 'cluster' | 'storage' | 'tempDir' | 'artifacts' | 'git'>,
  path: string,
): Promise<string | undefined> {
  const [, namespace = '', name = '', file = ''] = path.split('/');
  const key = { namespace, name };
  const repository = (await readRepository(deps.cluster, key))?.parsed;
  const artifact = repository?.status?.artifact;
  if (!repository || artifact?.path !== path) return undefined;
  const plan = {
    remote: await remoteOf(deps, repository, key),
    target: targetOf(file.replace('.tar.gz', ''), artifact.revision),
    recipe: recordedRecipe(repository),
    // The digest says that these are the bytes that were verified.
    inspect: () => Promise.resolve(),
  };
  return buildArtifact(deps, plan, async (built) => {
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
