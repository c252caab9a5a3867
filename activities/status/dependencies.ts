import type { Condition } from '../../api/index.ts';
import { variablesExpression, type BooleanExpression } from '../cluster/cel.ts';
import type { Cluster } from '../cluster/client.ts';
import { loadKustomization, type LoadedKustomization } from '../cluster/kustomizations.ts';
import type { ObjectKey } from '../contract.ts';

/** A Kustomization that looks at its dependencies, and the revision that it is about to apply. */
export interface Dependant {
  readonly key: ObjectKey;
  readonly loaded: LoadedKustomization;
  readonly revision: string;
  /** Lets a readyExpr count beside the ready condition, not in its place. */
  readonly additiveReadyExpr: boolean;
}

/** What keeps a Kustomization from running, in words. */
export interface Blocker {
  readonly why: string;
  /** Nothing is wrong: the dependency is ready, or works, and will be at the revision. */
  readonly lags: boolean;
}

/**
 * Names the first dependency that is not ready, before one that merely lags, or nothing. A dependency on the same source counts as ready only
 * when it has applied the revision that is about to be applied here; a readyExpr takes the place of all that, unless it is additive.
 * Dependencies that lead back are named as a cycle.
 */
export async function checkDependencies(
  cluster: Cluster,
  dependant: Dependant,
): Promise<Blocker | undefined> {
  const { key } = dependant;
  let lagging: Blocker | undefined;
  for await (const { target, fault } of faults(cluster, dependant)) {
    const cycle = await cycleThrough(cluster, key, target);
    if (cycle) return { why: cycle, lags: false };
    const blocker = { ...fault, why: `dependency ${titleOf(target)} ${fault.why}` };
    if (!blocker.lags) return blocker;
    lagging ??= blocker;
  }
  return lagging;
}

const absent: Blocker = { why: 'is not there', lags: false };

/** Compiles a readyExpr, over `self` and `dep`. Raises an Error where it is not valid or does not give a bool. */
export function readyExpression(text: string): BooleanExpression {
  return variablesExpression(text, ['self', 'dep']);
}

/** What is wrong with each dependency, of those with which something is. */
async function* faults(
  cluster: Cluster,
  dependant: Dependant,
  known: Verdicts = new Map(),
): AsyncGenerator<{ target: ObjectKey; fault: Blocker }> {
  const { key, loaded } = dependant;
  for (const { readyExpr, ...ref } of loaded.spec.dependsOn ?? []) {
    const target = { name: ref.name, namespace: ref.namespace ?? key.namespace };
    const dependency = await loadKustomization(cluster, target);
    const fault = dependency ? faultBy(readyExpr, dependant, dependency) : absent;
    if (!fault) continue;
    if (!dependency || !fault.lags || !isWaiting(dependency)) yield { target, fault };
    else {
      const next = { ...dependant, key: target, loaded: dependency };
      yield { target, fault: { ...fault, lags: await isOnItsWay(cluster, next, known) } };
    }
  }
}

/** By name, whether a Kustomization that waits is on its way; false for one whose look is not over, which is a cycle then. */
type Verdicts = Map<string, boolean>;

/** True where one that waits for its own dependencies will come to its turn. */
async function isOnItsWay(cluster: Cluster, waiting: Dependant, known: Verdicts): Promise<boolean> {
  const title = titleOf(waiting.key);
  const before = known.get(title);
  if (before !== undefined) return before;
  known.set(title, false);
  for await (const { fault } of faults(cluster, waiting, known)) if (!fault.lags) return false;
  known.set(title, true);
  return true;
}

function faultBy(
  readyExpr: string | undefined,
  dependant: Dependant,
  dependency: LoadedKustomization,
): Blocker | undefined {
  if (!readyExpr) return faultOf(dependant, dependency);
  const fault = dependant.additiveReadyExpr ? faultOf(dependant, dependency) : undefined;
  if (fault && !fault.lags) return fault;
  const why = faultByExpression(readyExpr, dependant, dependency);
  return why === undefined ? fault : { why, lags: false };
}

function faultByExpression(
  readyExpr: string,
  { loaded }: Dependant,
  dependency: LoadedKustomization,
): string | undefined {
  try {
    const variables = { self: loaded.object, dep: dependency.object };
    if (readyExpression(readyExpr).evaluate(variables)) return undefined;
    return `is not ready by its readyExpr '${readyExpr}'`;
  } catch (error) {
    return `is not ready: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function faultOf(dependant: Dependant, dependency: LoadedKustomization): Blocker | undefined {
  const { object, spec, status } = dependency;
  if (status.observedGeneration !== object.metadata.generation) {
    return { why: 'has a new spec that is not reconciled yet', lags: false };
  }
  const ready = readyOf(dependency);
  const behind = isBehind(dependant, dependency);
  const lags = behind && !spec.suspend;
  if (ready?.status !== 'True') {
    const why = `is not ready: ${ready?.message ?? 'no status yet'}`;
    return { why, lags: lags && (isUnderWay(ready) || isWaiting(dependency)) };
  }
  return behind ? { why: `has not applied ${dependant.revision} yet`, lags } : undefined;
}

function readyOf({ status }: LoadedKustomization): Condition | undefined {
  return (status.conditions ?? []).find(({ type }) => type === 'Ready');
}

/** True in the middle of a pass, which has not failed so far. */
function isUnderWay(ready: Condition | undefined): boolean {
  return ready?.status === 'Unknown' && ready.reason === 'Progressing';
}

function isWaiting(dependency: LoadedKustomization): boolean {
  const ready = readyOf(dependency);
  return ready?.status === 'False' && ready.reason === 'DependencyNotReady';
}

/** True where both follow one source, and the dependency has not applied the revision. */
function isBehind(
  { key, loaded, revision }: Dependant,
  { object, spec, status }: LoadedKustomization,
): boolean {
  const own = { namespace: key.namespace, ...loaded.spec.sourceRef };
  const its = { namespace: object.metadata.namespace, ...spec.sourceRef };
  return isSameSource(own, its) && status.lastAppliedRevision !== revision;
}

interface SourceName {
  kind: string;
  name: string;
  namespace?: string | undefined;
}

function isSameSource(a: SourceName, b: SourceName): boolean {
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}

const maxFollowed = 200;

/** The way from a dependency back to the one that depends on it, in words; undefined where there is none. */
async function cycleThrough(
  cluster: Cluster,
  from: ObjectKey,
  first: ObjectKey,
): Promise<string | undefined> {
  const home = titleOf(from);
  const ways: (readonly ObjectKey[])[] = [[first]];
  const seen = new Set<string>();
  for (let way = ways.shift(); way && seen.size < maxFollowed; way = ways.shift()) {
    const last = way.at(-1) ?? first;
    if (titleOf(last) === home) {
      const names = [from, ...way].map(({ namespace, name }) => `${namespace}/${name}`);
      return `dependency cycle ${names.join(' -> ')}: remove one of these dependencies`;
    }
    if (seen.has(titleOf(last))) continue;
    seen.add(titleOf(last));
    const loaded = await loadKustomization(cluster, last).catch(() => undefined);
    for (const { name, namespace = last.namespace } of loaded?.spec.dependsOn ?? []) {
      ways.push([...way, { namespace, name }]);
    }
  }
  return undefined;
}

function titleOf({ namespace, name }: ObjectKey): string {
  return `Kustomization/${namespace}/${name}`;
}
