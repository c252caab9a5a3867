import { Artifact } from '../../api/index.ts';
import type { Cluster } from './client.ts';
import { read } from './kustomizations.ts';
import type { ArtifactRef } from '../contract.ts';

/** The artifact that a sourceRef points to now, or in words why there is none. */
export async function readSource(
  cluster: Cluster,
  ref: { kind: string; name: string; namespace?: string | undefined },
  ownNamespace: string,
): Promise<{ artifact: ArtifactRef; why?: never } | { artifact?: never; why: string }> {
  const namespace = ref.namespace ?? ownNamespace;
  const { kind, name } = ref;
  const title = `${kind}/${namespace}/${name}`;
  const apiVersion = 'source.toolkit.fluxcd.io/v1';
  const object = await read(() => cluster.get({ apiVersion, kind, namespace, name }));
  if (!object) return { why: `source ${title} is not there: create it or correct spec.sourceRef` };
  const { status } = object;
  const stored =
    typeof status === 'object' && status !== null && 'artifact' in status
      ? status.artifact
      : undefined;
  if (!stored) return { why: `source ${title} has no artifact yet` };
  const artifact = Artifact.safeParse(stored);
  if (!artifact.success) return { why: `source ${title} has a malformed artifact in its status` };
  const found = refOf(artifact.data);
  if (found) return { artifact: found };
  return { why: `the artifact of source ${title} has no digest, so it can not be verified` };
}

function refOf({ url, digest, revision, metadata }: Artifact): ArtifactRef | undefined {
  if (!digest) return undefined;
  const originRevision = metadata?.[originRevisionKey];
  return { url, digest, revision, ...(originRevision ? { originRevision } : {}) };
}

/** The annotation of OCI for the revision that an image was made from. */
const originRevisionKey = 'org.opencontainers.image.revision';
