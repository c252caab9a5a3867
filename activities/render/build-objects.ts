import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kustomization } from '../../api/index.ts';
import type { RenderedSet } from '../cluster/rendered.ts';
import { makeBuildDirectory } from './build-directory.ts';
import { prepareBuild } from './build.ts';
import { decryptFiles } from './decryption/files.ts';
import type { DecryptionKeys } from './decryption/keys.ts';
import { openDecryptor } from './decryption/sops.ts';
import { runBuild } from './divided-build.ts';
import { decodeObjects } from './objects.ts';
import type { Variables } from './substitution/variables.ts';

/** What a build depends on beside the artifact and the spec; read from the cluster for each stage. */
export interface RenderInputs {
  readonly variables?: Variables | undefined;
  readonly keys?: DecryptionKeys | undefined;
}

/** What builds are made with. */
export interface BuildTools {
  /** Path of the kustomize binary. */
  readonly kustomize: string;
  /** Path of the sops binary. */
  readonly sops: string;
  /** Private directory for builds; rendered Secrets are kept there for an hour at most. */
  readonly cacheDir: string;
  /** True refuses resources from other hosts, as Flux's flag --no-remote-bases does. */
  readonly noRemoteBases: boolean;
}

/** One build; plain data, so that another thread can do it. */
export interface BuildOrder {
  readonly tools: BuildTools;
  readonly artifactDir: string;
  readonly spec: Kustomization['spec'];
  readonly inputs: RenderInputs;
}

/** Builds the objects of an order. Raises PathNotFound, BuildFailed or ApplyFailed with a message for the author of the manifests, free of secret values. */
export async function buildObjects({
  tools,
  artifactDir,
  spec,
  inputs: { variables, keys },
}: BuildOrder): Promise<RenderedSet> {
  const workDir = await makeBuildDirectory(tools.cacheDir);
  try {
    const decryptor = keys && (await openDecryptor(tools.sops, keys, join(workDir, 'sops')));
    const ownTree = decryptor !== undefined;
    const { noRemoteBases } = tools;
    const prepared = await prepareBuild({ artifactDir, workDir, spec, ownTree, noRemoteBases });
    const plain =
      prepared && decryptor
        ? await decryptFiles(decryptor, prepared.root, prepared.encryptable)
        : [];
    const output = prepared
      ? await runBuild(tools.kustomize, { ...prepared, secrets: plain }, workDir)
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
