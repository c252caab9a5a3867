import type { GitRepository } from '../../api/index.ts';
import type { FetchedCommit, TreeFile } from './commit-tree.ts';
import { withoutIgnored } from './ignored-files.ts';
import { differ, recordedIncludes, withIncludes, type Include } from './includes.ts';
import type { ArtifactCache } from './artifact-cache.ts';
import { modeOf } from './signatures/verify-revision.ts';

/** What of a source, beside its commit, decides what its artifact holds. */
export interface Recipe {
  readonly ignore: string | undefined;
  readonly sparseCheckout: readonly string[] | undefined;
  readonly recurseSubmodules: boolean;
  readonly includes: readonly Include[];
}

/** The recipe that the spec of a source asks for. */
export function wantedRecipe({ spec }: GitRepository, includes: readonly Include[]): Recipe {
  const { ignore, sparseCheckout, recurseSubmodules = false } = spec;
  return { ignore, sparseCheckout, recurseSubmodules, includes };
}

/** The recipe of the artifact in the status of a source, by which it can be made again. */
export function recordedRecipe(repository: GitRepository): Recipe {
  const { observedIgnore, observedSparseCheckout, observedRecurseSubmodules } =
    repository.status ?? {};
  return {
    ignore: observedIgnore,
    sparseCheckout: observedSparseCheckout,
    recurseSubmodules: observedRecurseSubmodules ?? false,
    includes: recordedIncludes(repository),
  };
}

/** A recipe as the status of a source records it; null clears what a merge patch would keep. */
export function observedFields({
  ignore,
  sparseCheckout,
  recurseSubmodules,
  includes,
}: Recipe): Record<string, unknown> {
  const isIncluding = includes.length > 0;
  return {
    observedIgnore: ignore ?? null,
    observedSparseCheckout: sparseCheckout ?? null,
    observedRecurseSubmodules: recurseSubmodules || null,
    observedInclude: isIncluding ? includes.map(({ rule }) => rule) : null,
    includedArtifacts: isIncluding ? includes.map(({ artifact }) => artifact) : null,
  };
}

/** True where the artifact in the status was made by the same recipe, and is verified as the spec demands by now. */
export function isMadeBy(repository: GitRepository, generation: number, recipe: Recipe): boolean {
  const before = recordedRecipe(repository);
  const facts = ({ ignore, sparseCheckout, recurseSubmodules, includes }: Recipe): string =>
    JSON.stringify([ignore, sparseCheckout, recurseSubmodules, includes.map(({ rule }) => rule)]);
  return (
    facts(recipe) === facts(before) &&
    !differ(recipe.includes, repository.status?.includedArtifacts) &&
    isVerified(repository, generation)
  );
}

/** The files that go into an artifact: those of the commit, those included, and of both what is not ignored. */
export async function filesBy(
  { ignore, includes }: Recipe,
  commit: Pick<FetchedCommit, 'files'>,
  artifacts: Pick<ArtifactCache, 'open'>,
): Promise<TreeFile[]> {
  const files = await withIncludes(commit.files, includes, artifacts);
  return withoutIgnored(files, ignore);
}

function isVerified({ spec, status }: GitRepository, generation: number): boolean {
  const verified = status?.conditions?.find(({ type }) => type === 'SourceVerified');
  if (!spec.verify) return verified === undefined;
  return (
    verified?.status === 'True' &&
    verified.observedGeneration === generation &&
    status?.sourceVerificationMode === modeOf(spec.verify)
  );
}
