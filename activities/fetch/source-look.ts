import { unsupportedFields } from '../../api/index.ts';
import type { ObjectKey, SourceLook, Trigger } from '../contract.ts';
import { remoteOf, type SourceDeps, type Spread } from './build-artifact.ts';
import { lookUp } from './git.ts';
import { differ, findIncludes, type Include } from './includes.ts';
import { lossOf, notSupported, openLook, type LookBase } from './look-opening.ts';
import { readRepository, type LoadedRepository } from './repository.ts';
import { checkMode } from './signatures/verify-revision.ts';

/** Reads a GitRepository, asks its remote for the revision, and says whether there is something to fetch. */
export function lookAtSource(deps: SourceDeps & Spread, key: ObjectKey): Promise<SourceLook> {
  return openLook(deps, key, {
    kind: 'GitRepository',
    load: () => readRepository(deps.cluster, key),
    refusal: ({ object }) => notSupported(unsupportedFields(object)),
    ask: (loaded, base) => lookAtRemote(deps, key, loaded, base),
  });
}

async function lookAtRemote(
  deps: SourceDeps,
  key: ObjectKey,
  loaded: LoadedRepository,
  base: LookBase,
): Promise<SourceLook> {
  const { cluster } = deps;
  const { parsed } = loaded;
  const includes = await findIncludes(cluster, key, parsed.spec.include);
  const target = await lookUp(await remoteOf(deps, parsed, key), parsed.spec.ref);
  const { revision } = target;
  if (parsed.spec.verify) checkMode(parsed.spec.verify, target);
  const seen = { ...base, revision };
  const news = newsOf(parsed, { generation: base.generation, revision, includes });
  if (news) return { ...seen, verdict: 'fetch', ...news };
  const loss = await lossOf(deps, loaded);
  if (loss) return { ...seen, verdict: 'fetch', trigger: 'start', why: loss };
  return { ...seen, verdict: 'idle', why: `the remote is still at ${revision}` };
}

interface Seen {
  readonly generation: number;
  readonly revision: string;
  readonly includes: readonly Include[];
}

function newsOf(
  { status }: LoadedRepository['parsed'],
  { generation, revision, includes }: Seen,
): { trigger: Trigger; why: string } | undefined {
  const { artifact, includedArtifacts, observedGeneration, conditions = [] } = status ?? {};
  if (!artifact) return { trigger: 'start', why: 'nothing is stored yet' };
  if (artifact.revision !== revision) {
    return { trigger: 'source', why: `the remote is at ${revision}` };
  }
  if (observedGeneration !== generation) return { trigger: 'spec', why: 'the spec changed' };
  if (differ(includes, includedArtifacts)) {
    return { trigger: 'source', why: 'an included artifact changed' };
  }
  const notReady = conditions.find(({ type, status }) => type === 'Ready' && status !== 'True');
  return notReady && { trigger: 'retry', why: notReady.message };
}
