import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kustomization } from '../../api/index.ts';
import type { RenderedSet } from '../cluster/rendered.ts';
import type { ArtifactRef, Pass } from '../contract.ts';
import { createBuildCache } from './build-cache.ts';
import { makeBuildDirectory } from './build-directory.ts';
import { prepareBuild } from './build.ts';
import { runKustomize } from './kustomize.ts';
import { decryptFiles } from './decryption/files.ts';
import type { DecryptionKeys } from './decryption/keys.ts';
import { openDecryptor } from './decryption/sops.ts';
import { decodeObjects } from './objects.ts';
import type { Variables } from './substitution/variables.ts';

type Spec = Kustomization['spec'];

/** What a build depends on beside the artifact and the spec; read from the cluster for each stage. */
export interface RenderInputs {
  readonly variables?: Variables | undefined;
  readonly keys?: DecryptionKeys | undefined;
}

/** Builds manifests: a pure function of the artifact, the spec and the inputs, remembered on this worker by the digest of its inputs. */
export interface Renderer {
  /** Raises PathNotFound, BuildFailed or ApplyFailed with a message for the author of the manifests, free of secret values. */
  render(spec: Spec, pass: Pass, inputs?: RenderInputs): Promise<RenderedSet>;
}

/** What a renderer needs. */
export interface RendererOptions {
  /** Path of the kustomize binary. */
  readonly kustomize: string;
  /** Path of the sops binary. */
  readonly sops: string;
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
  const buildOnce = async (digest: string, request: BuildRequest): Promise<RenderedSet> => {
    const known = await cache.read(digest);
    if (known) return known;
    const set = await build(options, request);
    await cache.write(digest, set);
    return set;
  };
  return {
    render(spec, pass, inputs = {}) {
      const request = { spec, pass, inputs };
      const digest = digestOf(request, options.noRemoteBases);
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

/** Everything a build depends on. A remote base may change at any time, so its content is as old as this worker's cache. */
function digestOf({ spec, pass, inputs }: BuildRequest, noRemoteBases: boolean): string {
  const { path, targetNamespace, namePrefix, nameSuffix, patches, images } = spec;
  const { components, ignoreMissingComponents, commonMetadata, buildMetadata } = spec;
  const names = { path, targetNamespace, namePrefix, nameSuffix };
  const changes = { patches, images, components, ignoreMissingComponents, commonMetadata };
  const all = { ...names, ...changes, buildMetadata, noRemoteBases, inputs };
  const text = JSON.stringify({ digest: pass.artifact.digest, ...all });
  return createHash('sha256').update(text).digest('hex');
}

async function build(
  options: RendererOptions,
  { spec, pass, inputs }: BuildRequest,
): Promise<RenderedSet> {
  const artifactDir = await options.openArtifact(pass.artifact);
  const workDir = await makeBuildDirectory(options.cacheDir);
  try {
    const { variables, keys } = inputs;
    const decryptor = keys && (await openDecryptor(options.sops, keys, join(workDir, 'sops')));
    const ownTree = decryptor !== undefined;
    const prepared = await prepareBuild({ artifactDir, workDir, spec, ownTree, ...options });
    const plain =
      prepared && decryptor
        ? await decryptFiles(decryptor, prepared.root, prepared.encryptable)
        : [];
    const output = prepared
      ? await runKustomize(
          options.kustomize,
          { ...prepared, secrets: plain },
          join(workDir, 'home'),
        )
      : '';
    const { commonMetadata } = spec;
    const { objects, secrets } = await decodeObjects(output, {
      commonMetadata,
      variables,
      decryptor,
    });
    const digest = createHash('sha256').update(JSON.stringify(objects)).digest('hex');
    return {
      digest: `sha256:${digest}`,
      objects,
      secrets: [...plain, ...secrets, ...secretTextsOf(variables)],
    };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** Whatever object they went into, the values of Secrets stay secret. */
function secretTextsOf(variables: Variables | undefined): string[] {
  return (variables?.secret ?? [])
    .map((name) => variables?.values[name] ?? '')
    .filter((value) => value.length >= 4);
}
