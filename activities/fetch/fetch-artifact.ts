import { ApplicationFailure } from '@temporalio/activity';
import type { ArtifactRef, Fetched, Pass } from '../contract.ts';
import { fail } from '../failures.ts';
import type { ArtifactCache } from './artifact-cache.ts';

/** The fetch stage: brings the artifact of a pass, whoever made it, onto this worker, verified and unpacked. */
export async function fetchArtifact(
  cache: Pick<ArtifactCache, 'open'>,
  { artifact }: Pass,
): Promise<Fetched> {
  const { files, bytes, cached } = await cache.open(artifact);
  return { files, bytes, cached };
}

/** What decides over an artifact that can not be had. */
export interface Supply {
  /** Which attempt of the stage this is, from 1. */
  readonly attempt: number;
  /** How many attempts come after the first one at most. */
  readonly httpRetry: number;
  /** The artifact that the source has now; undefined where it has none. */
  readonly current: () => Promise<ArtifactRef | undefined>;
}

/**
 * Does what needs the artifact of a pass, in whichever stage: another worker has to fetch it again. Where it can not be had, it fails with
 * Superseded if the source has another one by now, since the old one may never come back; otherwise with ArtifactUnavailable, which the
 * server retries until the attempts are used up.
 */
export async function withArtifact<T>(
  { artifact, source }: Pass,
  { attempt, httpRetry, current }: Supply,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.type !== 'ArtifactUnavailable') throw error;
    const { message, details } = error;
    const now = await current();
    if (now && (now.digest !== artifact.digest || now.url !== artifact.url)) {
      const lost = `the artifact of ${artifact.revision} can not be had any more: ${message}`;
      throw fail('Superseded', `${source} is at ${now.revision} by now, and ${lost}`);
    }
    if (attempt <= httpRetry) throw error;
    throw ApplicationFailure.create({
      message,
      type: error.type,
      details: details ?? [],
      nonRetryable: true,
    });
  }
}
