import type { SourceKey, SourceLook } from '../../contract.ts';
import { alive } from '../../heartbeat.ts';
import type { SourceDeps, Spread } from '../build-artifact.ts';
import type { SourceActivities } from '../source-kinds.ts';
import { fetchOci } from './oci-fetch.ts';
import { lookAtOci } from './oci-look.ts';
import { loadOci, patchOci, withRegistry } from './oci-source.ts';
import { tellOutcome } from './oci-status.ts';
import { pullArtifact } from './pull.ts';

/** The activities of the source workflow for OCIRepositories. */
export function createOciActivities(deps: SourceDeps & Spread): SourceActivities {
  const { cluster } = deps;
  return {
    lookAtSource: alive((key: SourceKey) => lookAtOci(deps, key)),
    fetchSource: alive((key: SourceKey, look: SourceLook) => fetchOci(deps, key, look)),
    async concludeSource(key, outcome) {
      const loaded = await loadOci(cluster, key);
      if (loaded) await tellOutcome(cluster, loaded, outcome);
      return deps.sourceRetry;
    },
    finalizeSource: alive((key: SourceKey) => finalize(deps, key)),
  };
}

/**
 * Makes an artifact again that another worker stored, from the exact revision and by the rules that the status tells of. Gives the file, or
 * nothing where the source names another artifact by now or the bytes are not the same.
 */
export async function rebuildOci(
  { cluster, storage, tempDir }: Pick<SourceDeps, 'cluster' | 'storage' | 'tempDir'>,
  path: string,
): Promise<string | undefined> {
  const [, namespace = '', name = '', file = ''] = path.split('/');
  const loaded = await loadOci(cluster, { namespace, name });
  const {
    artifact,
    observedIgnore: ignore,
    observedLayerSelector: layerSelector,
  } = loaded?.parsed.status ?? {};
  if (!loaded || artifact?.path !== path) return undefined;
  const pull = { digest: file.replace('.tar.gz', ''), tempDir, rules: { ignore, layerSelector } };
  return withRegistry(cluster, loaded, 'OCIPullFailed', (session) =>
    pullArtifact(session, pull, async (pulled) => {
      if (pulled.digest !== artifact.digest) return undefined;
      await storage.store(path, pulled.file);
      return storage.find(path);
    }),
  );
}

async function finalize({ cluster, storage }: SourceDeps, key: SourceKey): Promise<void> {
  await storage.remove(key);
  const loaded = await loadOci(cluster, key);
  if (!loaded) return;
  const finalizers = (loaded.object.metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== 'finalizers.fluxcd.io',
  );
  await patchOci(cluster, loaded.key, { metadata: { finalizers } });
}
