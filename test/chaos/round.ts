import { judge, recordOf } from './record.ts';
import type { Installation, Site } from './sites.ts';
import { unrest } from './rest.ts';
import { runFaults, stagesOf, type FaultRecord } from './faults/run.ts';
import type { Scenario } from './scenario.ts';
import { leaks } from './secrets.ts';
import type { Timeline } from './timeline.ts';
import { untruths } from './truth.ts';
import { restartCrashed } from './victims.ts';
import { openWorld, type World } from './world.ts';

/** What came of one run. */
export interface RunResult {
  readonly seed: number;
  readonly commits: number;
  readonly faults: readonly FaultRecord[];
  /** Seconds from the end of the last step and fault until everything was right. */
  readonly restSeconds: number;
  /** Comparisons of a status with the cluster, and of an object with the dependencies of its Kustomization. */
  readonly checks: number;
  readonly violations: readonly string[];
}

/** What belongs to a run that went wrong, for whoever looks for the reason. */
export interface RunTrace {
  readonly scenario: Scenario;
  readonly namespace: string;
  readonly timeline: Timeline;
}

/** How long everything may take to come to rest after the faults. */
const restMs = 150_000;

/**
 * Plays some scenarios side by side on one installation, each in a world of its own; faults of one hit the others too. When all steps are
 * done and all faults are over, each world has to come to rest, and is judged.
 */
export async function playRound(
  installation: Installation,
  scenarios: readonly Scenario[],
  locked: ReadonlyMap<string, string>,
): Promise<{ results: RunResult[]; traces: RunTrace[]; crashes: string[] }> {
  const sites: Site[] = [...installation.workers, installation.bridge];
  const busy = new Set<string>();
  const supervisor = supervise(sites, busy);
  const runs: Run[] = [];
  try {
    for (const scenario of scenarios) {
      runs.push({ scenario, world: await openWorld(installation, scenario, locked) });
    }
    const played = await Promise.all(
      runs.map(async (run) => {
        const none = { records: [], stuck: [] as string[] };
        return play(installation, run, busy).then(
          (records) => ({ ...none, records }),
          // Whatever could not be done within minutes is a fault of its own, and ends no other run.
          (error: unknown) => ({ ...none, stuck: [`it could not be played: ${String(error)}`] }),
        );
      }),
    );
    const rested = await Promise.all(runs.map((run) => rest(run, restMs)));
    // What comes late, such as a worker that was stopped, has to find everything as it should be.
    await pause(2000);
    const ends = await Promise.all(runs.map(judgeAndEnd));
    const worlds = runs.map(({ world }) => world);
    const found = await leaks(installation, worlds);
    const results = ends.map(({ violations, ...end }, at): RunResult => {
      const { seconds = 0, faults = [] } = rested[at] ?? {};
      const { records = [], stuck = [] } = played[at] ?? {};
      const all = new Set([...stuck, ...faults, ...violations, ...found]);
      return { ...end, faults: records, restSeconds: seconds, violations: [...all] };
    });
    const traces = runs.map(({ scenario, world }) => ({
      scenario,
      namespace: world.space.name,
      timeline: world.recorder.timeline(),
    }));
    return { results, traces, crashes: await supervisor.stop() };
  } finally {
    await supervisor.stop();
    await Promise.all(runs.map(({ world }) => world.close()));
  }
}

interface Run {
  readonly scenario: Scenario;
  readonly world: World;
}

async function play(
  installation: Installation,
  { scenario, world }: Run,
  busy: Set<string>,
): Promise<FaultRecord[]> {
  const { space, git } = world;
  const objects = [
    ...scenario.members.map(({ name }) => ['Kustomization', name] as const),
    ...Array.from({ length: scenario.sources }, (_, at) => {
      return ['GitRepository', `source-${at}`] as const;
    }),
  ];
  const stages = (): Promise<readonly string[]> => stagesOf(space.temporal, space.name, objects);
  const storm = (count: number): Promise<void> => world.storm(count);
  const steps = async (): Promise<void> => {
    for (const step of scenario.steps) {
      await pause(step.pauseMs);
      await world.play(step);
    }
  };
  const [faults] = await Promise.all([
    runFaults({ installation, git, storm, busy, stages }, scenario.faults),
    steps(),
  ]);
  return faults;
}

/** Waits until nothing is wrong any more; what still is when the time is up are the faults. */
async function rest(
  { scenario, world }: Run,
  withinMs: number,
): Promise<{ seconds: number; faults: string[] }> {
  const names = scenario.members.map(({ name }) => name);
  const begun = Date.now();
  for (;;) {
    const faults = unrest(names, world.recorder.now(), world.model, world.bystanders);
    const took = Date.now() - begun;
    if (faults.length === 0 || took > withinMs) return { seconds: Math.round(took / 1000), faults };
    await pause(200);
  }
}

/** Whether everything stays right, was right all the time, and goes when it is deleted. */
async function judgeAndEnd(
  run: Run,
): Promise<Pick<RunResult, 'seed' | 'commits' | 'checks' | 'violations'>> {
  const { scenario, world } = run;
  const { faults } = await rest(run, 20_000);
  const timeline = world.recorder.timeline();
  const { members, sources, seed } = scenario;
  const truth = untruths(timeline, world.model, world.touches);
  const plan = { members, sources, commits: [] };
  const order = judge(plan, recordOf(timeline), world.model.holding());
  const left = await end(world);
  return {
    seed,
    commits: world.commits(),
    checks: truth.checks + order.checks,
    violations: [...faults, ...truth.violations, ...order.violations, ...left],
  };
}

/** Deletes everything: what the Kustomizations applied has to go with them, and nothing else. */
async function end(world: World): Promise<string[]> {
  try {
    await world.empty();
  } catch (error) {
    return [`it could not be deleted: ${String(error)}`];
  }
  await pause(500);
  const { objects } = world.recorder.now();
  const present = { objects, members: new Map() };
  return unrest([], present, world.model, world.bystanders).map((fault) => `deleted: ${fault}`);
}

/** Starts what has ended by itself, as a cluster would, and tells of it. */
function supervise(
  sites: readonly Site[],
  busy: ReadonlySet<string>,
): { stop: () => Promise<string[]> } {
  const crashes: string[] = [];
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      await pause(500);
      crashes.push(...(await restartCrashed(sites.filter(({ name }) => !busy.has(name)))));
    }
  })();
  return {
    async stop() {
      over.abort();
      await watching;
      return crashes;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
