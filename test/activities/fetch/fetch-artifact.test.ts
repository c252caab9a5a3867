import { ApplicationFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import type { ArtifactRef } from '../../../activities/contract.ts';
import { fail } from '../../../activities/failures.ts';
import { fetchArtifact, withArtifact } from '../../../activities/fetch/fetch-artifact.ts';

const pass = {
  key: { namespace: 'apps', name: 'web' },
  generation: 1,
  source: 'GitRepository/apps/repo',
  artifact: { url: 'http://gone', digest: 'sha256:0', revision: 'r' },
  timeoutMs: 1000,
};
const away = { open: () => Promise.reject(fail('ArtifactUnavailable', 'HTTP 404')) };

async function failureOf(
  attempt: number,
  httpRetry: number,
  now: ArtifactRef | undefined,
): Promise<ApplicationFailure> {
  const supply = { attempt, httpRetry, current: () => Promise.resolve(now) };
  const error: unknown = await withArtifact(pass, supply, () => fetchArtifact(away, pass)).catch(
    (caught: unknown) => caught,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error('it did not fail as it should');
  return error;
}

test.each([
  [1, 2, false],
  [2, 2, false],
  [3, 2, true],
  [1, 0, true],
])('attempt %i of a download with %i retries is the last: %s', async (attempt, httpRetry, last) => {
  for (const now of [pass.artifact, undefined]) {
    const error = await failureOf(attempt, httpRetry, now);
    expect(error).toMatchObject({ type: 'ArtifactUnavailable', message: 'HTTP 404' });
    expect(error.nonRetryable).toBe(last);
    expect(error.details).toEqual([{ reason: 'ArtifactFailed', terminal: false }]);
  }
});

test('an artifact that is gone ends the pass where its source has another one', async () => {
  const error = await failureOf(1, 2, { ...pass.artifact, digest: 'sha256:1', revision: 's' });
  expect(error).toMatchObject({
    type: 'Superseded',
    message:
      'GitRepository/apps/repo is at s by now, and the artifact of r can not be had any more: HTTP 404',
  });
});
