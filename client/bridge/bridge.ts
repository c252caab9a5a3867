import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { indexOf, type Index } from './index-of.ts';
import {
  isBehind,
  ownTrigger,
  sightOf,
  touchedFirst,
  wakesDependants,
  type Sight,
} from './state.ts';
import { followKind } from './watch.ts';
import type { Waker } from './waker.ts';
import type { Log } from '../log.ts';

/** The kinds a bridge watches. Those without a workflow of ours are watched for their artifacts alone. */
export const watchedKinds = [
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' },
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' },
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'Bucket' },
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'ExternalArtifact' },
  { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
] as const;

/**
 * Turns changes in the cluster into signals until the signal aborts. It keeps nothing: after each list it starts what is missing,
 * signals what is behind and ends what is orphaned, and every one of its actions may be repeated by another bridge.
 */
export async function runBridge(
  cluster: Cluster,
  waker: Waker,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const sights = new Map<string, Sight>();
  const index = indexOf();
  await Promise.all(
    watchedKinds.map((kind) =>
      followKind(cluster, kind, handlerFor(kind.kind, { sights, index, waker, log }), signal),
    ),
  );
}

interface BridgeState {
  readonly sights: Map<string, Sight>;
  readonly index: Index;
  readonly waker: Waker;
  readonly log: Log;
}

function handlerFor(kind: string, state: BridgeState): Parameters<typeof followKind>[2] {
  const { sights, index, waker, log } = state;
  return {
    async listed(objects) {
      const present = objects.map((object) => sightOf(kind, object));
      const names = new Set(present.map(nameOf));
      for (const [name, sight] of sights) {
        if (sight.kind === kind && !names.has(name)) forget(state, sight);
      }
      for (const sight of present) {
        if (sights.has(nameOf(sight))) notice(state, sight);
        else remember(state, sight);
      }
      await waker.heal(kind, present, (sight) => isBehind(sight, sourceRevision(sights, sight)));
      wakeBehind(state, present);
      log.info('listed', { kind, objects: present.length });
    },
    changed(object: KubeObject) {
      notice(state, sightOf(kind, object));
    },
    deleted(object) {
      forget(state, sightOf(kind, object));
    },
    failed(error, retryMs) {
      const message = error instanceof Error ? error.message : String(error);
      log.warn('watch failed', { kind, error: message, retryMs, indexed: index.size });
    },
  };
}

function notice(state: BridgeState, now: Sight): void {
  const { sights, index, waker } = state;
  const name = nameOf(now);
  const before = sights.get(name);
  remember(state, now);
  const trigger = ownTrigger(before, now);
  if (trigger) waker.wake(now.kind, now.key, trigger, `${trigger} of ${name}`);
  const wakesAll = wakesDependants(before, now);
  const own = `${now.key.namespace}/${now.key.name}`;
  const why = now.kind === 'Kustomization' ? 'dependency' : 'source';
  const dependants = index.dependants(name).flatMap((dependant) => sights.get(dependant) ?? []);
  for (const sight of touchedFirst(now, dependants)) {
    if (wakesAll || sight.judged.includes(own))
      waker.wake(sight.kind, sight.key, why, `${name} at ${revisionOf(now)}`);
  }
}

function remember({ sights, index }: BridgeState, now: Sight): void {
  const name = nameOf(now);
  sights.set(name, now);
  index.put(name, [now.source, ...now.dependencies.map((key) => `Kustomization/${key}`)]);
}

/** Sources and Kustomizations are listed side by side, so whichever list comes last finds who is behind. */
function wakeBehind({ sights, index, waker }: BridgeState, sources: readonly Sight[]): void {
  for (const source of sources) {
    if (source.kind === 'Kustomization' || source.artifactRevision === '') continue;
    for (const dependant of index.dependants(nameOf(source))) {
      const sight = sights.get(dependant);
      if (!sight || !isBehind(sight, source.artifactRevision)) continue;
      waker.wake(sight.kind, sight.key, 'source', `${nameOf(source)} is ahead`);
    }
  }
}

function forget({ sights, index, waker }: BridgeState, gone: Sight): void {
  sights.delete(nameOf(gone));
  index.remove(nameOf(gone));
  waker.end(gone.kind, gone.key);
}

function sourceRevision(sights: Map<string, Sight>, { source }: Sight): string | undefined {
  return sights.get(source)?.artifactRevision;
}

function revisionOf(sight: Sight): string {
  return sight.artifactRevision || sight.appliedRevision;
}

function nameOf({ kind, key }: Sight): string {
  return `${kind}/${key.namespace}/${key.name}`;
}
