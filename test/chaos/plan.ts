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
  const random = generator(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const sources = random() < 0.6 ? 1 : 2;
  const members: PlannedKustomization[] = [];
  for (let at = 0, count = 3 + below(4); at < count; at++) {
    const dependsOn = members.filter(() => random() < 0.5).map(({ name }) => name);
    members.push({ name: `k${at}`, source: below(sources), dependsOn });
  }
  const everything = (source: number): PlannedCommit => ({
    source,
    changes: Object.fromEntries(
      members.filter((one) => one.source === source).map(({ name }) => [name, 'ok'] as const),
    ),
    pauseMs: below(400),
  });
  const commits = Array.from({ length: sources }, (_, source) => everything(source));
  for (let left = 2 + below(4); left > 0; left--) {
    const source = below(sources);
    const own = members.filter((one) => one.source === source);
    const changed = random() < 0.7 ? own : own.filter(() => random() < 0.5);
    const state = (): 'ok' | 'bad' => (random() < 0.2 ? 'bad' : 'ok');
    const changes = Object.fromEntries(changed.map(({ name }) => [name, state()] as const));
    commits.push({ source, changes, pauseMs: below(2500) });
  }
  for (let source = 0; source < sources; source++) commits.push(everything(source));
  return { sources, members, commits };
}

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
