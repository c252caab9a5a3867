import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kustomization } from '../../api/index.ts';
import type { RenderedSet } from '../cluster/rendered.ts';
import type { ArtifactRef, Pass } from '../contract.ts';
import { createBuildCache } from './build-cache.ts';
import { prepareBuild } from './build.ts';
import { runKustomize } from './kustomize.ts';
import { decodeObjects } from './objects.ts';

type Spec = Kustomization['spec'];

/** Builds manifests: a pure function of the artifact and the spec, remembered on this worker by the digest of its inputs. */
export interface Renderer {
  /** Raises PathNotFound, BuildFailed or ApplyFailed with a message for the author of the manifests, free of secret values. */
  render(spec: Spec, pass: Pass): Promise<RenderedSet>;
}

/** What a renderer needs. */
export interface RendererOptions {
  /** Path of the kustomize binary. */
  readonly kustomize: string;
  /** Private directory for builds; rendered Secrets are kept there for an hour at most. */
  readonly cacheDir: string;
  /** Gives the directory of an unpacked artifact, fetching it where this worker does not hold it. */
  readonly openArtifact: (artifact: ArtifactRef) => Promise<string>;
  /** True refuses resources from other hosts, as Flux's flag --no-remote-bases does. */
  readonly noRemoteBases: boolean;
}

/** A renderer whose concurrent calls for the same inputs share one build. */
export function createRenderer(options: RendererOptions): Renderer {
  const cache = createBuildCache(join(options.cacheDir, 'rendered'));
  const running = new Map<string, Promise<RenderedSet>>();
  const buildOnce = async (inputs: string, spec: Spec, pass: Pass): Promise<RenderedSet> => {
    const known = await cache.read(inputs);
    if (known) return known;
    const set = await build(options, spec, pass);
    await cache.write(inputs, set);
    return set;
  };
  return {
    render(spec, pass) {
      const inputs = inputsDigest(spec, pass, options.noRemoteBases);
      const current = running.get(inputs);
      if (current) return current;
      const begun = buildOnce(inputs, spec, pass).finally(() => running.delete(inputs));
      running.set(inputs, begun);
      return begun;
    },
  };
}

/** Everything a build depends on. A remote base may change at any time, so its content is as old as this worker's cache. */
function inputsDigest(spec: Spec, { artifact }: Pass, noRemoteBases: boolean): string {
  const { path, targetNamespace, namePrefix, nameSuffix, patches, images } = spec;
  const { components, ignoreMissingComponents, commonMetadata, buildMetadata } = spec;
  const names = { path, targetNamespace, namePrefix, nameSuffix };
  const changes = { patches, images, components, ignoreMissingComponents, commonMetadata };
  const inputs = { digest: artifact.digest, ...names, ...changes, buildMetadata, noRemoteBases };
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

async function build(options: RendererOptions, spec: Spec, pass: Pass): Promise<RenderedSet> {
  const artifactDir = await options.openArtifact(pass.artifact);
  await mkdir(options.cacheDir, { recursive: true, mode: 0o700 });
  const workDir = await mkdtemp(join(options.cacheDir, 'build-'));
  try {
    const prepared = await prepareBuild({ artifactDir, workDir, spec, ...options });
    const output = prepared
      ? await runKustomize(options.kustomize, prepared, join(workDir, 'home'))
      : '';
    const objects = decodeObjects(output, spec.commonMetadata);
    const digest = createHash('sha256').update(JSON.stringify(objects)).digest('hex');
    return { digest: `sha256:${digest}`, objects };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
