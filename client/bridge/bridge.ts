import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { labelSelector } from '../../activities/cluster/selector.ts';
import type { Trigger } from '../../activities/contract.ts';
import { configHandler, configKinds, outdatedBy, type Configs } from './configs.ts';
import type { Gauges } from './gauges.ts';
import { indexOf, type Index } from './index-of.ts';
import type { DriftWatch } from './drift/drift-watch.ts';
import { tellToo } from './drift/tell-too.ts';
import { wakeFollowers } from './followers.ts';
import { createLane, type Lane } from './lane.ts';
import {
  isBehind,
  isIncludedAnew,
  nameOf,
  ownTrigger,
  sightOf,
  wakesDependants,
  type Belongs,
  type Sight,
} from './state.ts';
import type { Requests } from './requests.ts';
import { goRounds } from './rounds.ts';
import { followKind, type WatchHandler } from './watch.ts';
import { watchedKinds } from './watched-kinds.ts';
import type { Waker } from './waker.ts';
import type { Log } from '../log.ts';
import { withinTrace } from '../telemetry/current-trace.ts';
import { parseTraceparent } from '../telemetry/trace-header.ts';

/**
 * Turns changes in the cluster into signals until the signal aborts. It keeps nothing: after each list it starts what is missing,
 * signals what is behind and ends what is orphaned, and every one of its actions may be repeated by another bridge.
 */
export async function runBridge(parts: BridgeParts, signal: AbortSignal): Promise<void> {
  const { cluster, scope, drift, ...rest } = parts;
  const { namespace, configSelector } = scope;
  const state: BridgeState = {
    sights: new Map(),
    index: indexOf(),
    lane: createLane(),
    configs: new Map(),
    kinds: new Set(),
    belongs: scope.labelSelector ? labelSelector(scope.labelSelector) : () => true,
    namespace,
    ...rest,
  };
  rest.requests.follow(state.sights, (sight, why) => {
    wake(state, sight, 'request', why);
  });
  const configs = configSelector ? configKinds(configSelector, namespace) : [];
  await Promise.all([
    ...watchedKinds.map((kind) => {
      const handler = handlerFor(kind.kind, state);
      const isWatched = kind.kind === 'Kustomization' && drift !== undefined;
      const both = isWatched ? tellToo(handler, drift) : handler;
      return followKind(cluster, { ...kind, namespace }, both, signal);
    }),
    ...configs.map((kind) =>
      followKind(cluster, kind, configHandler(kind.kind, configParts(state)), signal),
    ),
    goRounds({ ...state, listed: state.kinds }, signal),
  ]);
}

/** What a bridge looks at, and whom it tells. */
export interface BridgeParts {
  readonly cluster: Cluster;
  readonly waker: Waker;
  readonly log: Log;
  readonly scope: BridgeScope;
  readonly gauges: Gauges;
  /** Absent where changes by others are left to the intervals. */
  readonly drift: DriftWatch | undefined;
  /** What this process itself asks objects for. */
  readonly requests: Requests;
  /** Told when Kustomizations are listed: from then on nothing is missed. */
  readonly listed: () => void;
}

/** What of a cluster a bridge has to do with. */
export interface BridgeScope {
  /** Labels of the objects of its shard; all where absent. The artifacts of others still wake those who use them. */
  readonly labelSelector?: string | undefined;
  /** Its only namespace; all where absent. */
  readonly namespace?: string | undefined;
  /** Labels of the ConfigMaps and Secrets that wake those who use them; none where absent. */
  readonly configSelector?: string | undefined;
}

interface BridgeState extends Omit<BridgeParts, 'cluster' | 'scope' | 'drift'> {
  readonly sights: Map<string, Sight>;
  readonly index: Index;
  /** For those whose path a new artifact did not touch. */
  readonly lane: Lane;
  readonly configs: Configs;
  /** The kinds that have been listed. */
  readonly kinds: Set<string>;
  readonly belongs: Belongs;
  readonly namespace: string | undefined;
}

function handlerFor(kind: string, state: BridgeState): WatchHandler {
  const { sights, waker, log, belongs, namespace, gauges } = state;
  const isOurs = ({ metadata }: KubeObject): boolean => belongs(metadata.labels ?? {});
  return {
    async listed(objects) {
      const present = objects.map((object) => sightOf(kind, object, belongs));
      const names = new Set(present.map(nameOf));
      for (const [name, sight] of sights) {
        if (sight.kind === kind && !names.has(name)) forget(state, sight);
      }
      for (const sight of present) {
        if (sights.has(nameOf(sight))) notice(state, sight);
        else remember(state, sight);
      }
      const behind = (sight: Sight): boolean => isBehind(sight, sourceRevision(sights, sight));
      await waker.heal(kind, { present, behind, namespace });
      state.kinds.add(kind);
      wakeBehind(state, present);
      wakeOutdated(state);
      gauges.keep(kind, objects.filter(isOurs));
      if (kind === 'Kustomization') state.listed();
      log.info('listed', { kind, objects: present.length });
    },
    changed(object: KubeObject) {
      if (isOurs(object)) gauges.put(kind, object);
      else gauges.remove(kind, object);
      notice(state, sightOf(kind, object, belongs));
    },
    deleted(object) {
      gauges.remove(kind, object);
      forget(state, sightOf(kind, object, belongs));
    },
    failed: failureLog(kind, state),
  };
}

function failureLog(kind: string, { log, index }: BridgeState): WatchHandler['failed'] {
  return (error, retryMs) => {
    const message = error instanceof Error ? error.message : String(error);
    log.warn('watch failed', { kind, error: message, retryMs, indexed: index.size });
  };
}

function configParts(state: BridgeState): Parameters<typeof configHandler>[1] {
  const { configs, sights, index } = state;
  return {
    configs,
    listed() {
      wakeOutdated(state);
    },
    changed(name, why) {
      for (const dependant of index.dependants(name)) {
        const sight = sights.get(dependant);
        if (sight) wake(state, sight, 'config', why);
      }
    },
    failed: failureLog('ConfigMap or Secret', state),
  };
}

/** Variables and keys that changed while no bridge watched. */
function wakeOutdated(state: BridgeState): void {
  for (const sight of state.sights.values()) {
    const name = outdatedBy(sight, state.configs);
    if (name) wake(state, sight, 'config', `${name} changed since the last pass`);
  }
}

function notice(state: BridgeState, now: Sight): void {
  const { sights, index } = state;
  const name = nameOf(now);
  const before = sights.get(name);
  remember(state, now);
  const trigger = ownTrigger(before, now);
  if (trigger) wake(state, now, trigger, `${trigger} of ${name}`);
  if (now.attemptedRevision !== before?.attemptedRevision) state.lane.done(name);
  const dependants = index.dependants(name).flatMap((dependant) => sights.get(dependant) ?? []);
  if (now.kind !== 'Kustomization') {
    if (!wakesDependants(before, now)) return;
    const followers = dependants.filter((sight) => sight.ours);
    wakeFollowers({ sights, lane: state.lane, source: now, followers }, (sight) => {
      wakeWithin(state, now, sight, `${name} at ${now.artifactRevision}`);
    });
    return;
  }
  const own = `${now.key.namespace}/${now.key.name}`;
  const wakesAll = wakesDependants(before, now);
  for (const sight of dependants) {
    if (wakesAll || sight.judged.includes(own))
      wake(state, sight, 'dependency', `${name} at ${now.appliedRevision}`);
  }
}

function wake({ waker, log }: BridgeState, sight: Sight, trigger: Trigger, reason: string): void {
  if (!sight.ours) return;
  log.debug(`woken: ${reason}`, { controllerKind: sight.kind, ...sight.key, trigger });
  waker.wake(sight.kind, sight.key, trigger, reason);
}

/** What an artifact brings about belongs to the trace in which it was made, so that a push is one trace until it is applied. */
function wakeWithin(state: BridgeState, source: Sight, sight: Sight, reason: string): void {
  withinTrace(parseTraceparent(source.trace), () => {
    wake(state, sight, 'source', reason);
  });
}

function remember({ sights, index }: BridgeState, now: Sight): void {
  const name = nameOf(now);
  sights.set(name, now);
  const dependencies = now.dependencies.map((key) => `Kustomization/${key}`);
  const includes = now.includes.map(({ name: included }) => included);
  index.put(name, [now.source, ...includes, ...dependencies, ...now.configs]);
}

/** Sources and Kustomizations are listed side by side, so whichever list comes last finds who is behind. */
function wakeBehind(state: BridgeState, sources: readonly Sight[]): void {
  const { sights, index } = state;
  for (const source of sources) {
    if (source.kind === 'Kustomization' || source.artifactRevision === '') continue;
    for (const dependant of index.dependants(nameOf(source))) {
      const sight = sights.get(dependant);
      if (!sight || !isAhead(source, sight)) continue;
      wakeWithin(state, source, sight, `${nameOf(source)} is ahead`);
    }
  }
}

function isAhead(source: Sight, sight: Sight): boolean {
  if (sight.kind === 'Kustomization') return isBehind(sight, source.artifactRevision);
  return isIncludedAnew(sight, source);
}

function forget({ sights, index, lane, waker }: BridgeState, gone: Sight): void {
  sights.delete(nameOf(gone));
  lane.done(nameOf(gone));
  index.remove(nameOf(gone));
  if (gone.ours) waker.end(gone.kind, gone.key);
}

function sourceRevision(sights: Map<string, Sight>, { source }: Sight): string | undefined {
  return sights.get(source)?.artifactRevision;
}
