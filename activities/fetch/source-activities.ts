import type { Activities, ObjectKey, SourceLook } from '../contract.ts';
import { alive } from '../heartbeat.ts';
import type { SourceDeps, Spread } from './build-artifact.ts';
import { patchRepository, readRepository } from './repository.ts';
import { concludeSource } from './source-conclude.ts';
import { fetchSource } from './source-fetch.ts';
import { lookAtSource } from './source-look.ts';

export type { SourceDeps, Spread };

/** The activities of the source workflow. */
export function createSourceActivities(
  deps: SourceDeps & Spread,
): Pick<Activities, 'lookAtSource' | 'fetchSource' | 'concludeSource' | 'finalizeSource'> {
  return {
    lookAtSource: alive((key: ObjectKey) => lookAtSource(deps, key)),
    fetchSource: alive((key: ObjectKey, look: SourceLook) => fetchSource(deps, key, look)),
    concludeSource: (key, outcome) => concludeSource(deps, key, outcome),
    finalizeSource: alive((key: ObjectKey) => finalize(deps, key)),
  };
}

async function finalize({ cluster, storage }: SourceDeps, key: ObjectKey): Promise<void> {
  await storage.remove(key);
  const loaded = await readRepository(cluster, key);
  if (!loaded) return;
  const finalizers = (loaded.object.metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== 'finalizers.fluxcd.io',
  );
  await patchRepository(cluster, key, { metadata: { finalizers } });
}
