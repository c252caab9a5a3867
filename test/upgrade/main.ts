import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { promote } from '../../client/promote.ts';
import { startStack, stopStack, type Stack } from '../../deploy/dev/index.ts';
import { testNamespace } from '../support/cluster.ts';
import { testRepository } from '../support/repository.ts';
import { installOn } from '../support/system.ts';
import { judgeHistories } from './histories.ts';
import { startLoad } from './load.ts';
import { checkOut, currentTree, removeCheckout, versionOf, type Version } from './versions.ts';

/**
 * Workers and bridges of another revision and of this one take turns while commits flow; some are killed. Tells whether every Kustomization
 * is ready at the last commit in the end, and whether all histories are replayed by this revision.
 *
 * Usage: npx tsx test/upgrade/main.ts [--previous HEAD~1] [--mode unversioned|auto-upgrade|pinned] [--turns 8] [--seconds 15] [--kustomizations 12] [--seed 1]
 */
const { values: wanted } = parseArgs({
  options: {
    previous: { type: 'string', default: 'HEAD~1' },
    mode: { type: 'string', default: 'unversioned' },
    turns: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '15' },
    kustomizations: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
  },
});
const mode = z.enum(['unversioned', 'auto-upgrade', 'pinned']).parse(wanted.mode);
const deploymentName = 'sluice-upgrade';

const dir = await mkdtemp(join(tmpdir(), 'sluice-upgrade-'));
const tree = await checkOut(wanted.previous, dir);
const stack = await startStack({ dir: join(dir, 'stack'), respectEnvironment: false });
try {
  await installOn(stack);
  const faults = await play(stack);
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.stdout.write(faults.length === 0 ? 'nothing was lost\n' : `${faults.length} faults\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await stopStack(stack.dir, { purge: !process.env['SLUICE_KEEP'] });
  await removeCheckout(tree);
  if (!process.env['SLUICE_KEEP']) await rm(dir, { recursive: true, force: true });
}

async function play(on: Stack): Promise<string[]> {
  const previous = await versionOf('previous', tree, place(on, 'previous'));
  const current = await versionOf('current', currentTree, place(on, 'current'));
  const repositories = [await testRepository(), await testRepository()];
  const space = await testNamespace(on);
  const turn: Turns = { before: previous, stops: 0, kills: 0 };
  try {
    await takeOver(space.temporal, turn, previous);
    const load = await startLoad(space, repositories, {
      kustomizations: Number(wanted.kustomizations),
      seed: Number(wanted.seed),
    });
    // The last turn is that of this revision.
    for (let left = Number(wanted.turns); left > 0; left--) {
      await takeOver(space.temporal, turn, left % 2 === 1 ? current : previous);
      await new Promise((resolve) => setTimeout(resolve, Number(wanted.seconds) * 1000));
    }
    const faults = await load.end();
    const told = [`${load.commits} commits`, `${turn.stops} stops`, `${turn.kills} kills`];
    process.stdout.write(`${mode}, ${wanted.previous}: ${told.join(', ')}\n`);
    return [...faults, ...(await faultsOfHistories(space.temporal))];
  } finally {
    await Promise.all([previous, current].map(({ services }) => services.stopAll()));
    for (const repository of repositories) await repository.close();
    await space.close();
  }
}

function place(on: Stack, buildId: string): Parameters<typeof versionOf>[2] {
  const versioning = {
    TEMPORAL_DEPLOYMENT_NAME: deploymentName,
    TEMPORAL_WORKER_BUILD_ID: buildId,
    SLUICE_VERSIONING_BEHAVIOR: mode === 'pinned' ? 'PINNED' : 'AUTO_UPGRADE',
  };
  return { stack: on, dir, environment: mode === 'unversioned' ? {} : versioning };
}

/** Who worked before, and how its services ended so far. */
interface Turns {
  before: Version;
  stops: number;
  kills: number;
}

type Temporal = Parameters<typeof promote>[0];

/** The next version starts beside the one before, as in a rolling upgrade; every third one before is killed instead of stopped. */
async function takeOver(temporal: Temporal, turn: Turns, next: Version): Promise<void> {
  const { before } = turn;
  const workerRuns = next.services.pid('worker') !== undefined;
  if (!workerRuns) await next.services.start('worker');
  if (mode !== 'unversioned') {
    const version = { deploymentName, buildId: next.name };
    await promote(temporal, 'default', version, { timeoutMs: 60_000 });
  }
  await next.services.start('bridge');
  turn.before = next;
  if (before === next) return;
  const kills = (turn.stops + turn.kills) % 3 === 2;
  const signal = kills ? 'SIGKILL' : 'SIGTERM';
  await before.services.stop('bridge', signal);
  // Runs that are pinned to a version need its workers.
  if (mode !== 'pinned') await before.services.stop('worker', signal);
  if (kills) turn.kills++;
  else turn.stops++;
}

async function faultsOfHistories(temporal: Temporal): Promise<string[]> {
  const { runs, events, tasks, failures, stuck, unreplayable } = await judgeHistories(temporal);
  const shown = Object.entries(tasks).map(([build, count]) => `${build} ${count}`);
  process.stdout.write(`${runs} runs, ${events} events; tasks by build: ${shown.join(', ')}\n`);
  for (const [cause, count] of Object.entries(failures)) {
    process.stdout.write(`${count} workflow tasks failed on the way: ${cause}\n`);
  }
  return [...stuck.map((one) => `stuck: ${one}`), ...unreplayable];
}
