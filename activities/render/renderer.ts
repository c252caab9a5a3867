import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Kustomization } from '../../api/index.ts';
import type { RenderedSet } from '../cluster/rendered.ts';
import type { ArtifactRef, Pass } from '../contract.ts';
import { createBuildCache } from './build-cache.ts';
import {
  buildObjects,
  type BuildOrder,
  type BuildTools,
  type RenderInputs,
} from './build-objects.ts';
import type { Closures } from './closure.ts';

type Spec = Kustomization['spec'];

/** Builds manifests: a pure function of the artifact, the spec and the inputs, remembered on this worker by the digest of its inputs. */
export interface Renderer {
  /** Raises PathNotFound, BuildFailed or ApplyFailed with a message for the author of the manifests, free of secret values. */
  render(spec: Spec, pass: Pass, inputs?: RenderInputs): Promise<RenderedSet>;
}

/** What a renderer needs. */
export interface RendererOptions extends BuildTools {
  /** Gives the directory of an unpacked artifact, fetching it where this worker does not hold it. */
  readonly openArtifact: (artifact: ArtifactRef) => Promise<string>;
  /** What a build reads of an artifact; all of it counts where absent. */
  readonly closures?: Closures;
  /** Who builds; this thread where absent. */
  readonly build?: (order: BuildOrder) => Promise<RenderedSet>;
}

/** A renderer whose concurrent calls for the same inputs share one build. */
export function createRenderer({
  openArtifact,
  closures,
  build = buildObjects,
  kustomize,
  sops,
  cacheDir,
  noRemoteBases,
}: RendererOptions): Renderer {
  const cache = createBuildCache(join(cacheDir, 'rendered'));
  const tools = { kustomize, sops, cacheDir, noRemoteBases };
  const running = new Map<string, Promise<RenderedSet>>();
  const buildOnce = async (
    digest: string,
    { spec, pass, inputs }: BuildRequest,
  ): Promise<RenderedSet> => {
    const known = await cache.read(digest);
    if (known) return known;
    const artifactDir = await openArtifact(pass.artifact);
    const set = await build({ tools, artifactDir, spec, inputs });
    await cache.write(digest, set);
    return set;
  };
  return {
    async render(spec, pass, inputs = {}) {
      const request = { spec, pass, inputs };
      const content = await closures?.digest(pass.artifact, spec, pass.source);
      const digest = digestOf(request, content ?? pass.artifact.digest, noRemoteBases);
      const current = running.get(digest);
      if (current) return current;
      const begun = buildOnce(digest, request).finally(() => running.delete(digest));
      running.set(digest, begun);
      return begun;
    },
  };
}

interface BuildRequest {
  readonly spec: Spec;
  readonly pass: Pass;
  readonly inputs: RenderInputs;
}

/** Everything a build depends on; of the artifact that is what it reads, so that a commit elsewhere builds nothing again. A remote base may change at any time, so its content is as old as this worker's cache. */
function digestOf({ spec, inputs }: BuildRequest, content: string, noRemoteBases: boolean): string {
  const { path, targetNamespace, namePrefix, nameSuffix, patches, images } = spec;
  const { components, ignoreMissingComponents, commonMetadata, buildMetadata } = spec;
  const names = { path, targetNamespace, namePrefix, nameSuffix };
  const changes = { patches, images, components, ignoreMissingComponents, commonMetadata };
  const all = { ...names, ...changes, buildMetadata, noRemoteBases, inputs };
  const text = JSON.stringify({ content, ...all });
  return createHash('sha256').update(text).digest('hex');
}
