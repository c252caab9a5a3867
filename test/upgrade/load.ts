import { randomOf } from '../chaos/random.ts';
import { gitRepository, kustomization, type Row, type TestNamespace } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import type { TestRepository } from '../support/repository.ts';

/** Commits that flow until they are told to end. */
export interface Load {
  /** How many there were. */
  readonly commits: number;
  /** Ends the flow and waits until the last commit is applied everywhere; gives what is wrong at the end, in words. */
  end(): Promise<string[]>;
}

/** Kustomizations of two sources, and a commit to one of them every second that changes some of its Kustomizations. */
export async function startLoad(
  at: TestNamespace,
  repositories: readonly TestRepository[],
  { kustomizations, seed }: { readonly kustomizations: number; readonly seed: number },
): Promise<Load> {
  const names = Array.from({ length: kustomizations }, (_, index) => `k${index}`);
  const values = new Map(names.map((name) => [name, 0]));
  const sourceOf = (name: string): number => Number(name.slice(1)) % repositories.length;
  const commit = async (source: number, changed: readonly string[]): Promise<void> => {
    const files = changed.map((name) => {
      const value = (values.get(name) ?? 0) + 1;
      values.set(name, value);
      return [`${name}/map.yaml`, configMap(name, { key: `${value}` })] as const;
    });
    await repositories[source]?.commit(Object.fromEntries(files));
    await at.signal('GitRepository', `source-${source}`).catch(() => undefined);
  };
  const own = (source: number): string[] => names.filter((name) => sourceOf(name) === source);
  for (const source of repositories.keys()) {
    await commit(source, own(source));
    await at.apply(gitRepository(`source-${source}`, repositories[source]?.url ?? ''));
  }
  for (const name of names) {
    const spec = { path: `./${name}`, targetNamespace: at.name, retryInterval: '5s' };
    await at.apply(kustomization(name, `source-${sourceOf(name)}`, spec));
  }
  for (const name of names) await at.untilReady('Kustomization', name);

  const random = randomOf(seed);
  const state = { commits: 0, ends: false };
  const flow = (async () => {
    while (!state.ends) {
      const source = random.below(repositories.length);
      const changed = own(source).filter(() => random.chance(0.3));
      if (changed.length > 0) await commit(source, changed);
      if (changed.length > 0) state.commits++;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  })();
  return {
    get commits() {
      return state.commits;
    },
    async end() {
      state.ends = true;
      await flow;
      for (const source of repositories.keys()) await commit(source, own(source));
      return (await Promise.all(names.map((name) => faultOf(at, name, values.get(name))))).flat();
    },
  };
}

/** The last commit is applied, the Kustomization is ready at the revision of its source, and its object holds the last value. */
async function faultOf(at: TestNamespace, name: string, value = 0): Promise<string[]> {
  const holds = (row: Row): boolean => (row['data'] as { key: string }).key === `${value}`;
  const isReady = ({ spec, status }: Row, revision: string | undefined): boolean =>
    spec['suspend'] !== true &&
    status.lastAppliedRevision === revision &&
    status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
  try {
    await at.until('ConfigMap', name, holds, patienceMs);
    const { spec } = await at.until('Kustomization', name, () => true);
    const { name: source } = spec['sourceRef'] as { name: string };
    const { status } = await at.until('GitRepository', source, () => true);
    const revision = status.artifact?.revision;
    await at.until('Kustomization', name, (row) => isReady(row, revision), patienceMs);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

const patienceMs = 120_000;
