import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { faultNames, namesIn } from './faults/names.ts';
import { openInstallation } from './installation.ts';
import type { Installation } from './sites.ts';
import { playRound, type RunResult, type RunTrace } from './round.ts';
import { scenarioOf } from './scenario.ts';
import { lockedSecrets } from './secrets.ts';
import { summaryOf } from './summary.ts';

/**
 * Random scenarios on a real stack while everything breaks at random moments. What users do, and the order and moments of the faults, are
 * planned by a seed alone: `--runs 1 --seed N` plays the plan of a run again, and `--at-a-time` of the failed call plays its neighbours too.
 *
 * Usage: npm run chaos -- [--runs 1000] [--seed 1] [--minutes 60] [--at-a-time 5] [--faults git,api-kill] [--out FILE]
 */
const { values: wanted } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    'at-a-time': { type: 'string', default: '5' },
    faults: { type: 'string' },
    out: { type: 'string' },
  },
});
const firstSeed = Number(wanted.seed);
const runs = Number(wanted.runs);
const width = Number(wanted['at-a-time']);
const kinds = wanted.faults === undefined ? faultNames : namesIn(wanted.faults);
const deadline = Date.now() + Number(wanted.minutes) * 60_000;

const results: RunResult[] = [];
const begun = Date.now();
const opening = openInstallation();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void opening.then((opened) => opened.stop()).finally(() => process.exit(130));
  });
}
const installation = await opening;
try {
  const locked = await lockedSecrets(installation.canary);
  process.stdout.write(`up after ${seconds()} s in ${installation.dir}\n`);
  for (let next = 0; next < runs && Date.now() < deadline; next += width) {
    await round(installation, locked, firstSeed + next, Math.min(width, runs - next));
  }
} finally {
  await installation.stop();
}
process.stdout.write(`${summaryOf(results)}in ${seconds()} s, seeds from ${firstSeed}\n`);
if (results.length === 0 || results.some(({ violations }) => violations.length > 0)) {
  process.exitCode = 1;
}

async function round(
  at: Installation,
  locked: ReadonlyMap<string, string>,
  seed: number,
  count: number,
): Promise<void> {
  const scenarios = Array.from({ length: count }, (_, place) => scenarioOf(seed + place, kinds));
  const played = await playRound(at, scenarios, locked);
  results.push(...played.results);
  for (const [place, result] of played.results.entries()) {
    if (wanted.out) await appendFile(wanted.out, `${JSON.stringify(result)}\n`);
    const { violations } = result;
    const faults = result.faults.map(({ name, stages, skipped }) => {
      return `${name}${skipped ? ' (skipped)' : ` in ${stages.join('+')}`}`;
    });
    const end = violations.length === 0 ? 'ok' : `${violations.length} violations`;
    process.stdout.write(
      `${seconds()} s: seed ${result.seed}: ${end}, at rest after ${result.restSeconds} s; ${faults.join(', ')}\n`,
    );
    for (const violation of violations) process.stdout.write(`  ${violation}\n`);
    const trace = played.traces[place];
    if (violations.length > 0 && trace) await keep(result, trace);
  }
  if (played.crashes.length > 0) {
    process.stdout.write(`  ended by themselves: ${played.crashes.join(', ')}\n`);
  }
}

/** Leaves what was planned and seen of a failed run in a file. */
async function keep(result: RunResult, trace: RunTrace): Promise<void> {
  const directory = join(tmpdir(), 'sluice-chaos-failed');
  await mkdir(directory, { recursive: true });
  const file = join(directory, `seed-${result.seed}.json`);
  await writeFile(file, JSON.stringify({ result, ...trace }, undefined, 1));
  process.stdout.write(`  plan and timeline: ${file}\n`);
}

function seconds(): number {
  return Math.round((Date.now() - begun) / 1000);
}
