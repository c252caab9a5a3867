import { isDeepStrictEqual } from 'node:util';
import { unsupportedFields } from '../../../api/index.ts';
import type { SourceKey, SourceLook, Trigger } from '../../contract.ts';
import type { SourceDeps, Spread } from '../build-artifact.ts';
import { lossOf, notSupported, openLook, type LookBase } from '../look-opening.ts';
import { loadOci, withRegistry, type LoadedOci } from './oci-source.ts';
import { findTarget } from './pull-target.ts';
import { verificationFault } from './verification/verify.ts';

/** Reads an OCIRepository, asks its registry for the revision, and says whether there is something to pull. */
export function lookAtOci(deps: SourceDeps & Spread, key: SourceKey): Promise<SourceLook> {
  return openLook(deps, key, {
    kind: 'OCIRepository',
    load: () => loadOci(deps.cluster, key),
    refusal: ({ object, parsed }) =>
      notSupported(unsupportedFields(object)) ?? verificationFault(parsed.spec.verify),
    ask: ({ object, parsed }, base) => lookAtRegistry(deps, { key, object, parsed }, base),
  });
}

/** True where the artifact in the status is what the spec makes of its revision. */
export function isUpToDate({ parsed }: LoadedOci, revision: string): boolean {
  const { spec, status } = parsed;
  return (
    status?.artifact?.revision === revision &&
    status.observedIgnore === spec.ignore &&
    isDeepStrictEqual(status.observedLayerSelector ?? {}, spec.layerSelector ?? {})
  );
}

async function lookAtRegistry(
  deps: SourceDeps,
  loaded: LoadedOci,
  base: LookBase,
): Promise<SourceLook> {
  const { spec } = loaded.parsed;
  const { revision } = await withRegistry(deps.cluster, loaded, 'OCIPullFailed', (session) =>
    findTarget(session, spec.ref),
  );
  const seen = { ...base, revision };
  const news = newsOf(loaded, revision);
  if (news) return { ...seen, verdict: 'fetch', ...news };
  const loss = await lossOf(deps, loaded);
  if (loss) return { ...seen, verdict: 'fetch', trigger: 'start', why: loss };
  return { ...seen, verdict: 'idle', why: `the registry is still at ${revision}` };
}

function newsOf(
  loaded: LoadedOci,
  revision: string,
): { trigger: Trigger; why: string } | undefined {
  const { artifact, observedGeneration, conditions = [] } = loaded.parsed.status ?? {};
  if (!artifact) return { trigger: 'start', why: 'nothing is stored yet' };
  if (artifact.revision !== revision) {
    return { trigger: 'source', why: `the registry is at ${revision}` };
  }
  if (observedGeneration !== loaded.object.metadata.generation || !isUpToDate(loaded, revision)) {
    return { trigger: 'spec', why: 'the spec changed' };
  }
  const notReady = conditions.find(({ type, status }) => type === 'Ready' && status !== 'True');
  return notReady && { trigger: 'retry', why: notReady.message };
}
