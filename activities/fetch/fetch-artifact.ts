import type { Fetched, Pass } from '../contract.ts';
import type { ArtifactCache } from './artifact-cache.ts';

/** The fetch stage: brings the artifact of a pass, whoever made it, onto this worker, verified and unpacked. */
export async function fetchArtifact(cache: ArtifactCache, { artifact }: Pass): Promise<Fetched> {
  const { files, bytes, cached } = await cache.open(artifact);
  return { files, bytes, cached };
}
