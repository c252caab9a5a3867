import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowId } from '../../workflows/messages.ts';
import { faultNames } from '../chaos/faults/names.ts';
import { openInstallation } from '../chaos/installation.ts';
import { playRound } from '../chaos/round.ts';
import { scenarioOf } from '../chaos/scenario.ts';
import { lockedSecrets } from '../chaos/secrets.ts';
import type { Installation, WorkerSite } from '../chaos/sites.ts';
import {
  gitRepository,
  kustomization,
  testNamespace,
  type TestNamespace,
} from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { testRepository } from '../support/repository.ts';

/** A few runs of `npm run chaos`; their seeds are fixed, so that a failure can be played again. */
const seeds = [1, 2, 3];
let installation: Installation;

beforeAll(async () => {
  installation = await openInstallation();
});

afterAll(async () => {
  await installation.stop();
});

test('random changes under random faults leave everything as Git has it, and no status untrue', async () => {
  const scenarios = seeds.map((seed) => scenarioOf(seed, faultNames));
  const locked = await lockedSecrets(installation.canary);
  const { results } = await playRound(installation, scenarios, locked);
  expect(results.map(({ seed }) => seed)).toEqual(seeds);
  expect(results.filter(({ violations }) => violations.length > 0)).toEqual([]);
});

const count = 60;

/** One version of many objects, so that an apply can be caught in the middle. */
function version(now: number): Record<string, string> {
  const objects = Array.from({ length: count }, (_, at) => configMap(`c-${at}`, { key: `${now}` }));
  return { 'all.yaml': objects.join('---\n') };
}

/** How many objects there are of each version. */
async function versionsIn({ cluster, name }: TestNamespace): Promise<Record<string, number>> {
  const labelSelector = 'kustomize.toolkit.fluxcd.io/name=app';
  const path = `/api/v1/namespaces/${name}/configmaps`;
  const { items } = await cluster.request<{ items: { data: { key: string } }[] }>({
    method: 'GET',
    path,
    query: { labelSelector },
  });
  const found: Record<string, number> = {};
  for (const { data } of items) found[data.key] = (found[data.key] ?? 0) + 1;
  return found;
}

test('a worker that stood still while it applied writes nothing over what another one applied', async () => {
  const [first, second] = installation.workers as [WorkerSite, WorkerSite];
  await second.services.stop('worker', 'SIGKILL');
  const space = await testNamespace(installation.stack);
  const repository = await testRepository();
  const push = async (now: number): Promise<string> => {
    const revision = `main@sha1:${await repository.commit(version(now))}`;
    await space.signal('GitRepository', 'repo').catch(() => undefined);
    return revision;
  };
  const attempt = async (): Promise<number> => {
    const id = workflowId('Kustomization', { namespace: space.name, name: 'app' });
    const { raw } = await space.temporal.workflow.getHandle(id).describe();
    return Math.max(0, ...(raw.pendingActivities ?? []).map((activity) => activity.attempt ?? 0));
  };
  const applied = (revision: string): Promise<unknown> =>
    space.until(
      'Kustomization',
      'app',
      (row) => row.status.lastAppliedRevision === revision,
      120_000,
    );
  try {
    const one = await push(1);
    await space.apply(gitRepository('repo', repository.url));
    await space.untilReady('GitRepository', 'repo');
    first.api.set({ kind: 'slow', delayMs: 400 });
    await space.apply(kustomization('app', 'repo', { targetNamespace: space.name }));
    await expect.poll(() => versionsIn(space), { timeout: 90_000 }).toHaveProperty('1');
    process.kill(first.services.pid('worker') ?? 0, 'SIGSTOP');
    expect((await versionsIn(space))['1']).toBeLessThan(count);
    // With nobody else to ask, the next attempt goes to the stopped one, which finds it when it goes on.
    await expect.poll(attempt, { timeout: 60_000 }).toBeGreaterThan(1);
    await second.services.start('worker');
    await applied(one);
    await applied(await push(2));
    expect(await versionsIn(space)).toEqual({ 2: count });
    process.kill(first.services.pid('worker') ?? 0, 'SIGCONT');
    // What was on its way when it was stopped has long arrived; it has time enough for everything that it had still to do.
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    expect(await versionsIn(space)).toEqual({ 2: count });
  } finally {
    first.api.set(undefined);
    await space.remove('Kustomization', 'app').catch(() => undefined);
    await repository.close();
    await space.close();
  }
});
