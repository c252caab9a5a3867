import { openAuthor, type Author } from './author.ts';
import { aims, type FaultName, type PlannedFault } from './faults/names.ts';
import type { Content } from './content.ts';
import type { PlannedKustomization } from './plan.ts';
import { randomOf, type Random } from './random.ts';

/** One run: what users do to some repositories and Kustomizations, and which faults happen meanwhile. */
export interface Scenario {
  readonly seed: number;
  readonly sources: number;
  readonly members: readonly PlannedKustomization[];
  readonly steps: readonly Step[];
  readonly faults: readonly PlannedFault[];
}

/** One thing that a user does, some time after the one before. */
export type Step = { readonly pauseMs: number } & Action;

/** What a user does. */
export type Action =
  | {
      readonly do: 'commit';
      readonly source: number;
      /** Contents by path; null deletes the file. */
      readonly files: Readonly<Record<string, Content | null>>;
      /** Whether the Git server tells of the push, or the poll has to find it. */
      readonly told: boolean;
    }
  | { readonly do: 'create' | 'delete' | 'suspend' | 'resume' | 'request'; readonly name: string }
  | {
      readonly do: 'respec';
      readonly name: string;
      /** Null takes a field away. */
      readonly spec: Readonly<Record<string, string | null>>;
    }
  /** Changes or deletes the object of a Kustomization that has this place among them, by name. */
  | {
      readonly do: 'drift';
      readonly name: string;
      readonly how: 'change' | 'delete';
      readonly place: number;
    };

/** The scenario of a seed, with faults of these kinds; the same seed and kinds give the same one. */
export function scenarioOf(seed: number, kinds: readonly FaultName[]): Scenario {
  const random = randomOf(seed);
  const sources = random.chance(0.6) ? 1 : 2;
  const members = membersOf(random, sources);
  const author = openAuthor(random, members);
  const steps = [...opening(author, members, sources), ...middle(random, author, members)];
  steps.push(...ending(random, author, members, sources));
  const lengthMs = steps.reduce((sum, { pauseMs }) => sum + pauseMs, 0);
  return { seed, sources, members, steps, faults: faultsOf(random, kinds, lengthMs) };
}

function membersOf(random: Random, sources: number): PlannedKustomization[] {
  const members: PlannedKustomization[] = [];
  for (let at = 0, count = random.between(2, 4); at < count; at++) {
    const dependsOn = members.filter(() => random.chance(0.4)).map(({ name }) => name);
    members.push({ name: `k${at}`, source: random.below(sources), dependsOn });
  }
  return members;
}

type Members = readonly PlannedKustomization[];

function opening(author: Author, members: Members, sources: number): Step[] {
  const steps: Step[] = [];
  for (let source = 0; source < sources; source++) {
    steps.push({ pauseMs: 0, do: 'commit', source, files: author.first(source), told: false });
  }
  for (const { name } of members) steps.push({ pauseMs: 0, do: 'create', name });
  return steps;
}

const weights = {
  commit: 55,
  drift: 12,
  respec: 9,
  suspend: 8,
  delete: 7,
  request: 9,
};

function middle(random: Random, author: Author, members: Members): Step[] {
  const standing = new Map(members.map(({ name }) => [name, present]));
  const steps: Step[] = [];
  for (let left = random.between(4, 9); left > 0; left--) {
    const pauseMs = random.between(100, 3000);
    const member = random.pick(members);
    const { name } = member;
    const action = actionOf(random, author, member, standing.get(name) ?? present);
    steps.push({ pauseMs, ...action });
    standing.set(name, leadsTo[action.do] ?? standing.get(name) ?? present);
  }
  for (const [name, { there, suspended }] of standing) {
    const isNeeded = members.some(({ dependsOn }) => dependsOn.includes(name));
    const pauseMs = random.between(0, 800);
    if (suspended) steps.push({ pauseMs, do: 'resume', name });
    if (!there && (isNeeded || random.chance(0.5))) steps.push({ pauseMs, do: 'create', name });
  }
  return steps;
}

interface Standing {
  readonly there: boolean;
  readonly suspended: boolean;
}

const present: Standing = { there: true, suspended: false };

/** How things stand with a Kustomization after an action; as before where nothing is said. */
const leadsTo: Readonly<Partial<Record<Action['do'], Standing>>> = {
  create: present,
  resume: present,
  suspend: { there: true, suspended: true },
  delete: { there: false, suspended: false },
};

function actionOf(
  random: Random,
  author: Author,
  { name, source }: PlannedKustomization,
  { there, suspended }: Standing,
): Action {
  const commit = (): Action => {
    return { do: 'commit', source, files: author.change(source), told: random.chance(0.7) };
  };
  const chosen = random.weighted(weights);
  if (chosen === 'commit') return commit();
  if (!there) return { do: 'create', name };
  if (suspended) return { do: 'resume', name };
  switch (chosen) {
    case 'drift': {
      const how = random.chance(0.5) ? 'change' : 'delete';
      return { do: 'drift', name, how, place: random.below(20) };
    }
    case 'respec': {
      const prefix = random.pick([null, 'a-', 'b-']);
      const interval = random.pick(['10m', '20m']);
      return { do: 'respec', name, spec: { namePrefix: prefix, interval } };
    }
    default:
      return { do: chosen, name };
  }
}

/** At the end everything is well, but for some Kustomizations on which no other depends. */
function ending(random: Random, author: Author, members: Members, sources: number): Step[] {
  const leaves = members.filter(
    ({ name }) => !members.some(({ dependsOn }) => dependsOn.includes(name)),
  );
  const bad = leaves.filter(() => random.chance(0.2)).map(({ name }) => name);
  return Array.from({ length: sources }, (_, source) => ({
    pauseMs: random.between(200, 2500),
    do: 'commit',
    source,
    files: author.last(source, bad),
    told: random.chance(0.7),
  }));
}

function faultsOf(random: Random, kinds: readonly FaultName[], lengthMs: number): PlannedFault[] {
  if (kinds.length === 0) return [];
  return Array.from({ length: random.between(1, 3) }, () => ({
    name: random.pick(kinds),
    atMs: random.between(0, lengthMs),
    // Some outlast the ten seconds after which a worker that is not heard of counts as dead.
    lastsMs: random.chance(0.2) ? random.between(10_000, 16_000) : random.between(200, 6000),
    aim: random.chance(0.5) ? random.pick(aims) : undefined,
    variant: random.below(100),
  })).sort((one, other) => one.atMs - other.atMs);
}
