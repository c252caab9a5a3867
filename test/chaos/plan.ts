import { randomOf } from './random.ts';

/** What one Kustomization of a plan is. */
export interface PlannedKustomization {
  readonly name: string;
  /** Which source it is built from. */
  readonly source: number;
  /** Names of those that have to be ready first. */
  readonly dependsOn: readonly string[];
}

/** One commit to one source. */
export interface PlannedCommit {
  readonly source: number;
  /** Which Kustomizations it changes, and how they will be. */
  readonly changes: Readonly<Record<string, 'ok' | 'bad'>>;
  readonly pauseMs: number;
}

/** One run: a graph of Kustomizations and the commits that they have to follow; at its end everything is well. */
export interface Plan {
  readonly sources: number;
  readonly members: readonly PlannedKustomization[];
  readonly commits: readonly PlannedCommit[];
}

/** The plan of a seed; the same seed gives the same plan. */
export function planOf(seed: number): Plan {
  const random = randomOf(seed);
  const sources = random.chance(0.6) ? 1 : 2;
  const members: PlannedKustomization[] = [];
  for (let at = 0, count = 3 + random.below(4); at < count; at++) {
    const dependsOn = members.filter(() => random.chance(0.5)).map(({ name }) => name);
    members.push({ name: `k${at}`, source: random.below(sources), dependsOn });
  }
  const everything = (source: number): PlannedCommit => ({
    source,
    changes: Object.fromEntries(
      members.filter((one) => one.source === source).map(({ name }) => [name, 'ok'] as const),
    ),
    pauseMs: random.below(400),
  });
  const commits = Array.from({ length: sources }, (_, source) => everything(source));
  for (let left = 2 + random.below(4); left > 0; left--) {
    const source = random.below(sources);
    const own = members.filter((one) => one.source === source);
    const changed = random.chance(0.7) ? own : own.filter(() => random.chance(0.5));
    const state = (): 'ok' | 'bad' => (random.chance(0.2) ? 'bad' : 'ok');
    const changes = Object.fromEntries(changed.map(({ name }) => [name, state()] as const));
    commits.push({ source, changes, pauseMs: random.below(2500) });
  }
  for (let source = 0; source < sources; source++) commits.push(everything(source));
  return { sources, members, commits };
}
