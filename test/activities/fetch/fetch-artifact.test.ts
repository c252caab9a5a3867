import { ApplicationFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { fail } from '../../../activities/failures.ts';
import { fetchArtifact } from '../../../activities/fetch/fetch-artifact.ts';

const pass = {
  key: { namespace: 'apps', name: 'web' },
  generation: 1,
  source: 'GitRepository/apps/repo',
  artifact: { url: 'http://gone', digest: 'sha256:0', revision: 'r' },
  timeoutMs: 1000,
};
const away = { open: () => Promise.reject(fail('ArtifactUnavailable', 'HTTP 404')) };

test.each([
  [1, 2, false],
  [2, 2, false],
  [3, 2, true],
  [1, 0, true],
])('attempt %i of a download with %i retries is the last: %s', async (attempt, httpRetry, last) => {
  const error: unknown = await fetchArtifact(away, pass, { attempt, httpRetry }).catch(
    (caught: unknown) => caught,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error('it did not fail as it should');
  expect(error).toMatchObject({ type: 'ArtifactUnavailable', message: 'HTTP 404' });
  expect(error.nonRetryable).toBe(last);
  expect(error.details).toEqual([{ reason: 'ArtifactFailed', terminal: false }]);
});
