import { expect, test } from 'vitest';
import type { Cluster } from '../../../activities/cluster/client.ts';
import { kustomizationRef } from '../../../activities/cluster/kustomizations.ts';
import { readingOnce } from '../../../activities/cluster/reading-once.ts';
import type { Compared, Look, Outcome, Rechecked } from '../../../activities/contract.ts';
import { rechecking } from '../../../activities/status/recheck.ts';
import { passOf } from '../../../workflows/reconcile.ts';
import { lookAt } from '../../loop/simulated-activities.ts';

const key = { namespace: 'apps', name: 'web' };
const applied = lookAt('main@sha1:1', { verdict: 'idle' });
const outcome: Outcome = {
  result: 'applied',
  reason: 'ReconciliationSucceeded',
  message: 'Applied revision: main@sha1:1',
  generation: 1,
  terminal: false,
  durationMs: 0,
  nextMs: 300_000,
};

/** Rechecks what was applied where a look and a comparison find this, and tells what was compared and noted. */
async function recheck(
  look: Look,
  compared: Compared = { objects: 4 },
): Promise<{ found: Rechecked; steps: string[] }> {
  const steps: string[] = [];
  const run = rechecking({
    observe: () => Promise.resolve(look),
    compare(pass, inputs) {
      steps.push(`compare ${inputs} at ${pass.artifact.url}`);
      return Promise.resolve(compared);
    },
    conclude(_key, { message, durationMs }) {
      steps.push(`${message} in ${durationMs < 1000 ? 'no time' : 'long'}`);
      return Promise.resolve();
    },
  });
  return { found: await run(passOf(key, applied), 'inputs', outcome), steps };
}

test('what is as it was is compared where its artifact is now, and noted', async () => {
  const [revision, digest] = ['main@sha1:1', 'sha256:main@sha1:1'];
  const look = { ...applied, artifact: { url: 'http://other/artifact', digest, revision } };
  const { found, steps } = await recheck(look);
  expect(found).toEqual({ look, objects: 4 });
  expect(steps).toEqual([
    'compare inputs at http://other/artifact',
    'Applied revision: main@sha1:1 in no time',
  ]);
});

test('a difference is told, and not noted', async () => {
  const { found, steps } = await recheck(applied, { objects: 4, differs: '1 object differs' });
  expect(found).toEqual({ look: applied, objects: 4, differs: '1 object differs' });
  expect(steps).toEqual(['compare inputs at http://simulated/artifact']);
});

test.each<[string, Partial<Look>]>([
  ['another revision', { artifact: { url: 'u', digest: 'd', revision: 'main@sha1:2' } }],
  ['other bytes of the revision', { artifact: { url: 'u', digest: 'd', revision: 'main@sha1:1' } }],
  ['another generation', { generation: 2 }],
  ['a request', { requestedAt: 'now' }],
  ['a status that is not ready', { verdict: 'sync' }],
  ['a suspension', { verdict: 'suspended' }],
  ['a dependency that is not ready', { verdict: 'waiting' }],
])('%s is left to the workflow', async (_, news) => {
  const look = { ...applied, ...news };
  expect(await recheck(look)).toEqual({ found: { look }, steps: [] });
});

test('one object is read once, all others each time', async () => {
  const reads: string[] = [];
  const cluster = readingOnce(
    {
      get(ref) {
        reads.push(`${ref.apiVersion} ${ref.name}`);
        return Promise.resolve({ ...ref, metadata: { name: ref.name } });
      },
    } as Partial<Cluster> as Cluster,
    kustomizationRef(key),
  );
  const other = { ...kustomizationRef(key), apiVersion: 'other/v1' };
  for (const ref of [kustomizationRef(key), kustomizationRef(key), other, other])
    await cluster.get(ref);
  expect(reads).toEqual(['kustomize.toolkit.fluxcd.io/v1 web', 'other/v1 web', 'other/v1 web']);
});
