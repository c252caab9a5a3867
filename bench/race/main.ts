import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { interruptible, resolveTool } from '../../deploy/dev/index.ts';
import type { Contestant, Running } from './contestants.ts';
import { headOf } from './head.ts';
import { takeNotes, type Notes } from './notes.ts';
import { contestants, planOf } from './options.ts';
import type { Outcome, Result } from './outcome.ts';
import { profileTables } from './profiles.ts';
import type { Race } from './races/race.ts';
import { readEarlier, reportText, writeReport } from './report.ts';
import { startWatched } from './watched.ts';

/**
 * Sluice and Flux on the same machine, one after the other, each on a control plane of its own. Prints a table, and writes it with every
 * figure as JSON after each race.
 *
 * Usage: npm run bench [-- --quick] [--out FILE.json] [--also EARLIER.json] [--runs 3] [--contestants sluice,flux,flux-defaults]
 *   [--only many,drift,chain,fix,large,day] [--many 100,300,1000] [--objects 3000] [--idle-minutes 10]
 *   [--day KUSTOMIZATIONS,COMMITS,SECONDS_BETWEEN] [--profile DIR]
 */
const args = process.argv.slice(2);
const plan = planOf(args);
const order = Object.values(contestants).map(({ name }) => name);
const earlier = await readEarlier(plan.also);
const report = {
  head: { ...(await headOf(args)), ...earlier.head },
  outcomes: [...earlier.outcomes],
};
// Built before anything is timed, where they are missing.
for (const name of ['source-controller', 'kustomize-controller'] as const) {
  if (plan.contestants.some((one) => one !== contestants['sluice'])) await resolveTool(name);
}

await interruptible(undefined, async (signal) => {
  for (let run = 1; run <= plan.runs; run++) {
    // Each begins once in a while, so that nobody always has the machine in the same state.
    const turn = (run - 1) % plan.contestants.length;
    const turns = [...plan.contestants.slice(turn), ...plan.contestants.slice(0, turn)];
    for (const contestant of turns) {
      if (!signal.aborted) await compete(contestant, run, signal);
    }
  }
  process.stdout.write(reportText(report, order));
  if (plan.profile) process.stdout.write(`\n${await profileTables(plan.profile)}\n`);
});

async function compete(contestant: Contestant, run: number, signal: AbortSignal): Promise<void> {
  const outcome: Outcome = { contestant: contestant.name, run, results: {} };
  report.outcomes.push(outcome);
  const last = [...plan.program.keys()].at(-1);
  let running: Running | undefined;
  for (const [name, race] of plan.program) {
    if (signal.aborted) break;
    const notes = takeNotes();
    const isLast = plan.fresh || name === last;
    const heat = { contestant, name: `${run} ${name}`, race, isLast, signal };
    running = await raceOn(running, heat, notes);
    outcome.results[name] = notes.result;
    tell(`${contestant.name}, run ${run}, ${name}`, notes.result);
    if (plan.out) await writeReport(plan.out, report, order);
  }
  await running?.stop();
}

/** A race, and who runs it. */
interface Heat {
  readonly contestant: Contestant;
  readonly name: string;
  readonly race: Race;
  readonly isLast: boolean;
  readonly signal: AbortSignal;
}

/** Runs a race on the contestant that runs, or on one that is started for it. Gives the one that the next race can go on with. */
async function raceOn(
  running: Running | undefined,
  heat: Heat,
  notes: Notes,
): Promise<Running | undefined> {
  let current = running;
  try {
    current ??= await start(heat);
    current.signal.throwIfAborted();
    await heat.race({ ...current, isLast: heat.isLast }, notes);
    if (!heat.isLast && !current.hasEnded()) return current;
  } catch (error) {
    const reason: unknown = current?.signal.aborted ? current.signal.reason : error;
    notes.result.failure = reason instanceof Error ? reason.message : String(reason);
  }
  await current?.stop();
  return undefined;
}

async function start({ contestant, name, signal }: Heat): Promise<Running> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-race-'));
  const isProfiled = plan.profile !== undefined && contestant === contestants['sluice'];
  const profileDir = isProfiled ? resolve(plan.profile, name.replaceAll(' ', '-')) : undefined;
  try {
    const options = { dir, profileDir };
    return await startWatched(contestant, options, signal);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

function tell(what: string, { figures, failure }: Result): void {
  const lines = Object.entries(figures).map(
    ([name, { value, over }]) => `  ${name}: ${over ? '> ' : ''}${value.toFixed(2)}`,
  );
  const end = failure === undefined ? [] : [`  ended early: ${failure}`];
  process.stderr.write(`${[`${what}:`, ...lines, ...end].join('\n')}\n`);
}
