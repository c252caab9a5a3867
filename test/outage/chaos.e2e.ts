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

/** Ten minutes of `npm run chaos`, eight runs at a time; their seeds are fixed, so that a failure can be played again. */
const rounds = [1, 9, 17, 25, 33, 41, 49].map((first) => ({ first, last: first + 7 }));
let installation: Installation;
let locked: Awaited<ReturnType<typeof lockedSecrets>>;

beforeAll(async () => {
  installation = await openInstallation();
  locked = await lockedSecrets(installation.canary);
});

afterAll(async () => {
  await installation.stop();
});

const chaos =
  'random changes under random faults leave all as Git has it, and no status untrue: seeds $first to $last';
test.each(rounds)(chaos, async ({ first, last }) => {
  const seeds = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const scenarios = seeds.map((seed) => scenarioOf(seed, faultNames));
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

/** A way in which a worker goes on without being heard, and is heard again. */
interface Unheard {
  /** How much longer each request of its apply takes. */
  readonly delayMs: number;
  begin(first: WorkerSite, second: WorkerSite): Promise<void>;
  end(first: WorkerSite): void;
}

const unheard: Record<string, Unheard> = {
  'stood still': {
    delayMs: 400,
    // With nobody else to ask, the next attempt goes to the stopped one, which finds it when it goes on.
    async begin({ services }, second) {
      process.kill(services.pid('worker') ?? 0, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 15_000));
      await second.services.start('worker');
    },
    end({ services }) {
      process.kill(services.pid('worker') ?? 0, 'SIGCONT');
    },
  },
  'was cut off from Temporal': {
    delayMs: 3000,
    async begin({ temporal }, second) {
      await second.services.start('worker');
      temporal.shut(true);
    },
    end({ temporal }) {
      temporal.shut(false);
    },
  },
};

const title = 'a worker that %s while it applied writes nothing over what another one applied';
test.each(Object.entries(unheard))(title, async (_name, way) => {
  const [first, second] = installation.workers as [WorkerSite, WorkerSite];
  await second.services.stop('worker', 'SIGKILL');
  const space = await testNamespace(installation.stack);
  const repository = await testRepository();
  const push = async (now: number): Promise<string> => {
    const revision = `main@sha1:${await repository.commit(version(now))}`;
    await space.signal('GitRepository', 'repo').catch(() => undefined);
    return revision;
  };
  const id = workflowId('Kustomization', { namespace: space.name, name: 'app' });
  const stage = async (): Promise<string | null | undefined> => {
    const run = space.temporal.workflow.getHandle(id);
    const described = await run.describe().catch(() => undefined);
    return described?.raw.pendingActivities?.[0]?.activityType?.name;
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
    await space.apply(kustomization('app', 'repo', { targetNamespace: space.name }));
    await expect.poll(stage, { timeout: 60_000, interval: 5 }).toBe('apply');
    first.api.set({ kind: 'slow', delayMs: way.delayMs });
    await expect.poll(() => versionsIn(space), { timeout: 90_000 }).toHaveProperty('1');
    expect((await versionsIn(space))['1']).toBeLessThan(count);
    await way.begin(first, second);
    await applied(one);
    await applied(await push(2));
    expect(await versionsIn(space)).toEqual({ 2: count });
    way.end(first);
    // What was on its way has long arrived; it has time enough for everything that it had still to do.
    await new Promise((resolve) => setTimeout(resolve, 10 * way.delayMs));
    expect(await versionsIn(space)).toEqual({ 2: count });
  } finally {
    way.end(first);
    first.api.set(undefined);
    await space.remove('Kustomization', 'app').catch(() => undefined);
    await repository.close();
    await space.close();
  }
});
