import type { SourceKey, SourceLook } from '../../contract.ts';
import { alive } from '../../heartbeat.ts';
import type { SourceDeps, Spread } from '../build-artifact.ts';
import type { SourceActivities } from '../source-kinds.ts';
import { concludeSource } from '../source-conclude.ts';
import { finalizeSource } from '../source-object.ts';
import { fetchOci } from './oci-fetch.ts';
import { lookAtOci } from './oci-look.ts';
import { loadOci, withRegistry } from './oci-source.ts';
import { pullArtifact } from './pull.ts';

/** The activities of the source workflow for OCIRepositories. */
export function createOciActivities(deps: SourceDeps & Spread): SourceActivities {
  return {
    lookAtSource: alive((key: SourceKey) => lookAtOci(deps, key)),
    fetchSource: alive((key: SourceKey, look: SourceLook) => fetchOci(deps, key, look)),
    concludeSource: (key, outcome) => concludeSource(deps, 'OCIRepository', key, outcome),
    finalizeSource: alive((key: SourceKey) => finalizeSource(deps, 'OCIRepository', key)),
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
