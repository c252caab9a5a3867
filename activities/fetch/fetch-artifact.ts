import { ApplicationFailure } from '@temporalio/activity';
import type { Fetched, Pass } from '../contract.ts';
import type { ArtifactCache } from './artifact-cache.ts';

/** Which attempt this is, and how many come after the first one at most. */
export interface FetchAttempt {
  readonly attempt: number;
  readonly httpRetry: number;
}

/**
 * The fetch stage: brings the artifact of a pass, whoever made it, onto this worker, verified and unpacked. Fails with
 * ArtifactUnavailable, which is retried by the server until the attempts are used up.
 */
export async function fetchArtifact(
  cache: Pick<ArtifactCache, 'open'>,
  { artifact }: Pass,
  { attempt, httpRetry }: FetchAttempt,
): Promise<Fetched> {
  try {
    const { files, bytes, cached } = await cache.open(artifact);
    return { files, bytes, cached };
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || attempt <= httpRetry) throw error;
    throw ApplicationFailure.create({
      message: error.message,
      type: error.type ?? 'ArtifactUnavailable',
      details: error.details ?? [],
      nonRetryable: true,
    });
  }
}
