import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  gitRepository,
  kustomization,
  testNamespace,
  type TestNamespace,
} from '../support/cluster.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';
import { startSystem, type TestSystem } from '../support/system.ts';
import { textOf } from './content.ts';
import { planOf, type Plan } from './plan.ts';
import { randomOf } from './random.ts';
import { judge, recordOf } from './record.ts';
import { startRecorder } from './timeline.ts';

/**
 * Random graphs of Kustomizations that follow random commits, some of which fail, while the worker is killed now and then. Tells whether
 * a dependant was ever written before its dependencies were ready at the same revision, and how long a chain of ten takes.
 *
 * Usage: node --import tsx test/chaos/dependencies.ts [--runs 1000] [--seed 1] [--at-a-time 6] [--minutes 30]
 * A run is planned by its seed alone: `--runs 1 --seed N` plays the plan of a failed one again.
 */
const { values: wanted } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    'at-a-time': { type: 'string', default: '6' },
    minutes: { type: 'string', default: '30' },
  },
});
const firstSeed = Number(wanted.seed);
const deadline = Date.now() + Number(wanted.minutes) * 60_000;
const killEveryMs = 60_000;

const totals = { runs: 0, commits: 0, kills: 0, checks: 0, violations: 0 };
const system = await startSystem(await mkdtemp(join(tmpdir(), 'sluice-chaos-')));
try {
  const seconds = await measureChain(system);
  const begun = Date.now();
  await playAll(system);
  const facts = Object.entries(totals).map(([name, count]) => `${count} ${name}`);
  const took = Math.round((Date.now() - begun) / 1000);
  process.stdout.write(`${facts.join(', ')} in ${took} s, seeds from ${firstSeed}\n`);
  process.stdout.write(`a chain of ten, from commit to the last applied: ${seconds} s\n`);
  if (totals.violations > 0) process.exitCode = 1;
} finally {
  await system.stop();
}

async function playAll({ services, stack }: TestSystem): Promise<void> {
  const end = new AbortController();
  const killer = killNowAndThen(services, end.signal);
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < Number(wanted.runs) && Date.now() < deadline) {
      const seed = firstSeed + next++;
      const faults = await play(stack, planOf(seed));
      totals.runs++;
      totals.violations += faults.length;
      for (const fault of faults) process.stdout.write(`seed ${seed}: ${fault}\n`);
      if (totals.runs % 20 === 0) process.stdout.write(`${JSON.stringify(totals)}\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(wanted['at-a-time']) }, runner));
  end.abort();
  await killer;
}

async function killNowAndThen(
  services: TestSystem['services'],
  signal: AbortSignal,
): Promise<void> {
  const random = randomOf(firstSeed);
  const playing = (): boolean => !signal.aborted;
  while (playing()) {
    const until = Date.now() + (killEveryMs * random.between(50, 150)) / 100;
    while (Date.now() < until && playing()) await pause(500);
    if (!playing()) return;
    await services.stop('worker', 'SIGKILL');
    await services.start('worker');
    totals.kills++;
  }
}

/** Plays a plan in a namespace of its own, and gives what was wrong. */
async function play(at: TestSystem['stack'], plan: Plan): Promise<readonly string[]> {
  const space = await testNamespace(at);
  const repositories = await Promise.all(
    Array.from({ length: plan.sources }, () => testRepository()),
  );
  const faults: string[] = [];
  const recorder = startRecorder(space.cluster, space.name);
  try {
    const { revisions, last } = await follow(space, plan, repositories);
    for (const { name, source } of plan.members) {
      await space
        .until(
          'Kustomization',
          name,
          (row) => row.status.lastAppliedRevision === last[source],
          120_000,
        )
        .catch((error: unknown) => faults.push(`it did not come to rest: ${String(error)}`));
    }
    // What was written has to have arrived.
    await pause(500);
    const { checks, violations } = judge(plan, recordOf(recorder.timeline()), revisions);
    totals.checks += checks;
    return [...faults, ...violations];
  } finally {
    recorder.stop();
    for (const { name } of plan.members)
      await space.remove('Kustomization', name).catch(() => undefined);
    await Promise.all(repositories.map((repository) => repository.close()));
    await space.close();
  }
}

async function follow(
  space: TestNamespace,
  plan: Plan,
  repositories: readonly TestRepository[],
): Promise<{ revisions: Map<string, Set<string>>; last: string[] }> {
  const revisions = new Map<string, Set<string>>();
  const held = new Map<string, number>();
  const last: string[] = [];
  for (const [serial, { source, changes, pauseMs }] of plan.commits.entries()) {
    const files = Object.entries(changes).map(([name, state]): [string, string] => {
      held.set(name, serial);
      return [`${name}/cm.yaml`, manifest(name, serial, state)];
    });
    const commit = await repositories[source]?.commit(Object.fromEntries(files));
    const revision = `main@sha1:${commit ?? ''}`;
    last[source] = revision;
    for (const { name } of plan.members.filter((one) => one.source === source)) {
      const key = `${name}/${held.get(name) ?? -1}`;
      revisions.set(key, (revisions.get(key) ?? new Set()).add(revision));
    }
    totals.commits++;
    if (serial === plan.sources - 1) await createAll(space, plan, repositories);
    else if (serial >= plan.sources)
      await space.signal('GitRepository', `source-${source}`).catch(() => undefined);
    await pause(pauseMs);
  }
  return { revisions, last };
}

async function createAll(
  space: TestNamespace,
  { members }: Plan,
  repositories: readonly TestRepository[],
): Promise<void> {
  for (const [at, { url }] of repositories.entries()) {
    await space.apply(gitRepository(`source-${at}`, url, { interval: '10s' }));
  }
  const byState = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    current: "data.state == 'ok'",
    failed: "data.state == 'bad'",
  };
  for (const { name, source, dependsOn } of members) {
    const spec = {
      interval: '10m',
      retryInterval: '5s',
      path: name,
      targetNamespace: space.name,
      deletionPolicy: 'Orphan',
      wait: true,
      healthCheckExprs: [byState],
      dependsOn: dependsOn.map((one) => ({ name: one })),
    };
    await space.apply(kustomization(name, `source-${source}`, spec));
  }
}

/** The median of five: seconds from a commit, signalled to its source, until the last of ten Kustomizations in a row has applied it. */
async function measureChain({ stack }: TestSystem): Promise<string> {
  const members = Array.from({ length: 10 }, (_, at) => ({
    name: `k${at}`,
    source: 0,
    dependsOn: at === 0 ? [] : [`k${at - 1}`],
  }));
  const space = await testNamespace(stack);
  const repository = await testRepository();
  const push = async (serial: number): Promise<string> => {
    const files = members.map(({ name }): [string, string] => [
      `${name}/cm.yaml`,
      manifest(name, serial),
    ]);
    return `main@sha1:${await repository.commit(Object.fromEntries(files))}`;
  };
  const applied = async (revision: string): Promise<unknown> =>
    space.until(
      'Kustomization',
      'k9',
      (row) => row.status.lastAppliedRevision === revision,
      120_000,
    );
  const times: number[] = [];
  try {
    const first = await push(0);
    await createAll(space, { sources: 1, members, commits: [] }, [repository]);
    await applied(first);
    for (let round = 1; round <= 5; round++) {
      await pause(2000);
      const revision = await push(round);
      const begun = Date.now();
      await space.signal('GitRepository', 'source-0');
      await applied(revision);
      times.push((Date.now() - begun) / 1000);
    }
    for (const { name } of members) await space.remove('Kustomization', name);
  } finally {
    await repository.close();
    await space.close();
  }
  const [, , median = Number.NaN] = times.sort((one, other) => one - other);
  return `${median.toFixed(1)} (of ${times.map((time) => time.toFixed(1)).join(', ')})`;
}

function manifest(name: string, serial: number, state: 'ok' | 'bad' = 'ok'): string {
  return textOf({ form: 'ConfigMap', name, serial, state }, new Map());
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
