import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { flux, sluice, tunedFlux, type Contestant } from './contestants.ts';
import { races, type Result, type Sizes } from './races.ts';
import { markdown, type Outcome } from './table.ts';

/**
 * Sluice and Flux on the same machine, one after the other, each on a control plane of its own; prints a table, and writes every figure as JSON.
 *
 * Usage: npm run bench [-- --quick] [--runs 3] [--only many,chain] [--many 100] [--objects 3000] [--idle-minutes 0] [--contestants sluice,flux,flux-defaults] [--out FILE]
 */
const { values: wanted } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    only: { type: 'string' },
    many: { type: 'string' },
    objects: { type: 'string' },
    'idle-minutes': { type: 'string' },
    contestants: { type: 'string' },
    out: { type: 'string' },
  },
});

const usual = wanted.quick
  ? { runs: 1, many: 30, chain: 4, objects: 300, contestants: 'sluice,flux' }
  : { runs: 3, many: 100, chain: 10, objects: 3000, contestants: 'sluice,flux,flux-defaults' };
const sizes: Sizes = {
  many: Number(wanted.many ?? usual.many),
  chain: usual.chain,
  objects: Number(wanted.objects ?? usual.objects),
  idleMinutes: Number(wanted['idle-minutes'] ?? 0),
};
const known: Readonly<Record<string, Contestant>> = {
  sluice,
  flux: flux('Flux (20 at a time)', tunedFlux),
  'flux-defaults': flux('Flux (defaults)', []),
};

const chosen = pick(known, wanted.contestants ?? usual.contestants);
const program = pick(races, wanted.only ?? Object.keys(races).join(','));
const outcomes: Outcome[] = [];
for (let run = 0; run < Number(wanted.runs ?? usual.runs); run++) {
  for (const contestant of Object.values(chosen)) {
    outcomes.push({ contestant: contestant.name, results: await compete(contestant) });
  }
}
process.stdout.write(`${markdown(outcomes)}\n`);
if (wanted.out) await writeFile(wanted.out, JSON.stringify({ sizes, outcomes }, undefined, 1));

async function compete(contestant: Contestant): Promise<Record<string, Result>> {
  const running = await contestant.start(await mkdtemp(join(tmpdir(), 'sluice-race-')));
  const results: Record<string, Result> = {};
  try {
    for (const [name, race] of Object.entries(program)) {
      results[name] = await race(running, sizes);
      const told = Object.entries(results[name].figures).map(
        ([what, value]) => `${what} ${value.toFixed(2)}`,
      );
      process.stderr.write(`${contestant.name}: ${told.join('; ')}\n`);
    }
    return results;
  } finally {
    await running.stop();
  }
}

function pick<T>(from: Readonly<Record<string, T>>, names: string): Record<string, T> {
  const entries = names.split(',').map((name): [string, T] => {
    const value = from[name];
    if (value === undefined) {
      throw new Error(`there is no ${name}: choose of ${Object.keys(from).join(', ')}`);
    }
    return [name, value];
  });
  return Object.fromEntries(entries);
}
