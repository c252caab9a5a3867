import { withConditions, type WantedCondition } from '../cluster/conditions.ts';
import { recordEvent } from '../cluster/events.ts';
import type { Activities, ObjectKey, SourceLook, SourceOutcome } from '../contract.ts';
import { alive } from '../heartbeat.ts';
import type { SourceDeps, Spread } from './build-artifact.ts';
import { patchRepository, readRepository, type LoadedRepository } from './repository.ts';
import { fetchSource } from './source-fetch.ts';
import { lookAtSource } from './source-look.ts';

export type { SourceDeps, Spread };

/** The activities of the source workflow. */
export function createSourceActivities(
  deps: SourceDeps & Spread,
): Pick<Activities, 'lookAtSource' | 'fetchSource' | 'concludeSource' | 'finalizeSource'> {
  return {
    lookAtSource: alive((key: ObjectKey) => lookAtSource(deps, key)),
    fetchSource: alive((key: ObjectKey, look: SourceLook) => fetchSource(deps, key, look)),
    concludeSource: (key, outcome) => conclude(deps, key, outcome),
    finalizeSource: alive((key: ObjectKey) => finalize(deps, key)),
  };
}

/** Writes an outcome that stored no artifact; the artifact of before stays, and whoever uses it goes on doing so. */
async function conclude(
  { cluster }: SourceDeps,
  key: ObjectKey,
  outcome: SourceOutcome,
): Promise<void> {
  const loaded = await readRepository(cluster, key);
  if (!loaded) return;
  const asked = outcome.requestedAt ?? requestOf(loaded);
  const handled = asked ? { lastHandledReconcileAt: asked } : {};
  if (outcome.result === 'idle') {
    await patchRepository(cluster, key, { status: handled });
    return;
  }
  // A look that failed early never learned the generation.
  const generation = outcome.generation || (loaded.object.metadata.generation ?? 0);
  const before = loaded.parsed.status?.conditions ?? [];
  const { wanted, remove } = conditionsOf(outcome);
  const at = { generation, now: new Date().toISOString() };
  const conditions = withConditions(before, wanted, remove, at);
  const observed = outcome.terminal ? { observedGeneration: generation } : {};
  await patchRepository(cluster, key, { status: { conditions, ...observed, ...handled } });
  await warn(cluster, loaded, outcome);
}

function requestOf({ object }: LoadedRepository): string | undefined {
  return object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
}

/** A failure that repeats is told once. */
async function warn(
  cluster: SourceDeps['cluster'],
  { object, parsed }: LoadedRepository,
  { reason, message }: SourceOutcome,
): Promise<void> {
  const known = parsed.status?.conditions?.find(({ type }) => type === 'FetchFailed');
  if (known?.reason === reason && known.message === message) return;
  const component = 'source-controller';
  await recordEvent(cluster, { object, type: 'Warning', reason, message, component });
}

function conditionsOf({ reason, message, terminal }: SourceOutcome): {
  wanted: WantedCondition[];
  remove: string[];
} {
  const wanted: WantedCondition[] = [
    { type: 'Ready', status: 'False', reason, message },
    { type: 'FetchFailed', status: 'True', reason, message },
  ];
  if (terminal) {
    wanted.push({ type: 'Stalled', status: 'True', reason, message });
    return { wanted, remove: ['Reconciling'] };
  }
  wanted.push({ type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message });
  return { wanted, remove: ['Stalled'] };
}

async function finalize({ cluster, storage }: SourceDeps, key: ObjectKey): Promise<void> {
  await storage.remove(key);
  const loaded = await readRepository(cluster, key);
  if (!loaded) return;
  const finalizers = (loaded.object.metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== 'finalizers.fluxcd.io',
  );
  await patchRepository(cluster, key, { metadata: { finalizers } });
}
