import type { Condition } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import { withConditions, type WantedCondition } from '../cluster/conditions.ts';
import { recordEvent } from '../cluster/events.ts';
import {
  loadKustomization,
  loadStanding,
  patchKustomization,
  type LoadedKustomization,
} from '../cluster/kustomizations.ts';
import type { ObjectKey, Outcome, Pass } from '../contract.ts';
import { conditionsOf } from './kustomization-conditions.ts';
import { recordHistory } from './history.ts';
import { announce } from './announce.ts';

/**
 * Writes the outcome of a pass: conditions, revisions, the handled request and the history, in one patch, so that nobody ever sees
 * Ready=True beside an old revision. Then records the event. A deleted object is left alone.
 */
export async function conclude(cluster: Cluster, key: ObjectKey, outcome: Outcome): Promise<void> {
  const standing = await loadStanding(cluster, key);
  if (!standing) return;
  const { status, object } = standing;
  const { wanted, remove } = conditionsOf(outcome, standing.spec);
  const now = new Date().toISOString();
  const at = { generation: outcome.generation, now };
  const conditions = withConditions(status.conditions ?? [], wanted, remove, at);
  const applied = outcome.result === 'applied';
  const changed = {
    conditions,
    ...(applied || outcome.terminal ? { observedGeneration: outcome.generation } : {}),
    ...(outcome.requestedAt ? { lastHandledReconcileAt: outcome.requestedAt } : {}),
    ...(attempted(outcome) ? { lastAttemptedRevision: outcome.revision } : {}),
    ...(applied ? appliedOf(outcome) : {}),
    ...recordHistory(status.history ?? [], outcome, now),
  };
  await patchKustomization(cluster, key, { status: changed });
  await announce(outcome, wasReady(status.conditions ?? []), (event) =>
    recordEvent(cluster, { object, component: 'kustomize-controller', ...event }),
  );
}

/** Tells in the status of a Kustomization, as it was just read, that a pass runs; `message` says in words what it does. */
export async function progress(
  cluster: Cluster,
  { key, generation }: Pass,
  { status }: LoadedKustomization,
  { message, further = [] }: { message: string; further?: readonly WantedCondition[] },
): Promise<void> {
  const now = new Date().toISOString();
  const ready = {
    type: 'Ready',
    status: 'Unknown',
    message: 'Reconciliation in progress',
  } as const;
  const wanted = [
    { type: 'Reconciling', status: 'True', reason: 'Progressing', message },
    { ...ready, reason: 'Progressing' },
    ...further,
  ] as const;
  const current = status.conditions ?? [];
  const conditions = withConditions(current, wanted, ['Stalled'], { generation, now });
  await patchKustomization(cluster, key, { status: { conditions } });
}

/** Tells in the status that a pass waits for the health of its objects, and for how long it will. */
export async function tellHealthWait(cluster: Cluster, pass: Pass): Promise<void> {
  const limit = `with a timeout of ${Math.round(pass.timeoutMs / 1000)}s`;
  const message = `Running health checks for revision ${pass.artifact.revision} ${limit}`;
  const healthy = { type: 'Healthy', status: 'Unknown', reason: 'Progressing', message } as const;
  const loaded = await loadKustomization(cluster, pass.key);
  if (loaded) await progress(cluster, pass, loaded, { message, further: [healthy] });
}

/** A merge patch would keep the origin of the revision before. */
function appliedOf({ revision, originRevision }: Outcome): object {
  return { lastAppliedRevision: revision, lastAppliedOriginRevision: originRevision ?? null };
}

/** A look that was blocked before its pass began has attempted nothing. */
function attempted(outcome: Outcome): boolean {
  return (
    outcome.revision !== undefined &&
    ['applied', 'failed', 'canceled', 'parked'].includes(outcome.result)
  );
}

function wasReady(conditions: readonly Condition[]): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
