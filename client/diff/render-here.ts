import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix, resolve } from 'node:path';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { LoadedKustomization } from '../../activities/cluster/kustomizations.ts';
import type { RenderedSet } from '../../activities/cluster/rendered.ts';
import type { ArtifactRef, ObjectKey } from '../../activities/contract.ts';
import { ArtifactCache } from '../../activities/fetch/artifact-cache.ts';
import { renderedObjects } from '../../activities/render/rendered-objects.ts';
import { createRenderer } from '../../activities/render/renderer.ts';

/** What a rendering on this machine works with. */
export interface RenderHere {
  readonly cluster: Cluster;
  readonly kustomize: string;
  readonly sops: string;
  /** The artifact to render. */
  readonly artifact: ArtifactRef;
  /** A local directory in place of spec.path of the artifact. */
  readonly path?: string | undefined;
}

/**
 * Renders a Kustomization on this machine, with the variables and keys of the cluster, and removes every file of it. Raises what the
 * fetch and render stages raise.
 */
export async function renderHere(
  { cluster, kustomize, sops, artifact, path }: RenderHere,
  key: ObjectKey,
  loaded: LoadedKustomization,
): Promise<RenderedSet> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-diff-'));
  try {
    const cache = new ArtifactCache({ dir: join(directory, 'artifacts') });
    const place = path === undefined ? undefined : placeOf(path, loaded.spec.path ?? '');
    const renderer = createRenderer({
      kustomize,
      sops,
      cacheDir: join(directory, 'builds'),
      openArtifact: async (wanted) => place?.root ?? (await cache.open(wanted)).directory,
      noRemoteBases: false,
    });
    const spec = place ? { ...loaded.spec, path: place.path } : loaded.spec;
    const load = (): Promise<LoadedKustomization> => Promise.resolve({ ...loaded, spec });
    const rendered = renderedObjects({
      cluster,
      renderer,
      load,
      ageSecret: undefined,
      strictSubstitution: true,
    });
    const { generation = 0 } = loaded.object.metadata;
    const { kind, name } = spec.sourceRef;
    return await rendered({ key, generation, source: `${kind}/${name}`, artifact, timeoutMs: 0 });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The root of a checkout, where its directory ends as spec.path does, so that bases outside of the path are found. */
function placeOf(directory: string, specPath: string): { root: string; path: string } {
  const whole = resolve(directory);
  const path = posix.join('/', specPath).replace(/\/$/, '');
  if (path !== '' && whole.endsWith(path)) {
    return { root: whole.slice(0, -path.length) || '/', path };
  }
  return { root: whole, path: '.' };
}
