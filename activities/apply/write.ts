import { ApiError, isNotFound, isUnavailable } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { describeRef, refOf, type KubeObject } from '../cluster/object.ts';
import { deleteObject, serverSideApply } from '../cluster/server-side-apply.ts';
import { fail } from '../failures.ts';
import { hasDrifted } from './drift.ts';
import { takeOver, type ManagedFields } from './managed-fields.ts';
import type { Decision, PlanContext } from './plan.ts';

/** What became of an object. */
export type Change = 'created' | 'configured' | 'unchanged' | 'skipped';

/** Carries a decision out. Fails with ApplyFailed, naming the object, or with ClusterUnavailable. */
export async function write(context: PlanContext, decision: Decision): Promise<Change> {
  try {
    return await act(context, decision);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const title = describeRef(refOf(decision.object));
    const message = context.redact(error.message, decision.object);
    if (isUnavailable(error)) throw fail('ClusterUnavailable', `${title}: ${message}`);
    throw fail('ApplyFailed', `${title} apply failed (${error.reason}): ${message}`);
  }
}

async function act(context: PlanContext, { object, action, live }: Decision): Promise<Change> {
  const { cluster } = context;
  if (action === 'skip') return 'skipped';
  if (action === 'nothing') return 'unchanged';
  if (action === 'take-over' && live) return applyTakingOver(context, object, live);
  if (action === 'recreate' && live) await deleteAndWait(cluster, live);
  await serverSideApply(cluster, object);
  return action === 'create' ? 'created' : 'configured';
}

async function applyTakingOver(
  { cluster, overriddenManagers }: PlanContext,
  object: KubeObject,
  live: KubeObject,
): Promise<Change> {
  const current = (live.metadata.managedFields ?? []) as ManagedFields[];
  const rows = takeOver(current, overriddenManagers);
  await cluster.request({
    method: 'PATCH',
    path: await cluster.path(refOf(live)),
    contentType: 'application/json-patch+json',
    body: [
      // Both are replaced at once, so that a change in between is not overwritten.
      { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
      { op: 'replace', path: '/metadata/managedFields', value: rows },
    ],
  });
  return hasDrifted(live, await serverSideApply(cluster, object)) ? 'configured' : 'unchanged';
}

/** The wait has an end, unlike Flux's: an object that a finalizer holds is told of instead of blocking for ever. */
async function deleteAndWait(cluster: Cluster, live: KubeObject): Promise<void> {
  await deleteObject(cluster, live).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  const deadline = Date.now() + deletionTimeoutMs;
  while (Date.now() < deadline) {
    const now = await cluster.get(refOf(live));
    if (now?.metadata.uid !== live.metadata.uid) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const held = `it was deleted to be created again and is still there after ${deletionTimeoutMs / 1000}s; look at its finalizers`;
  throw new ApiError(504, 'Timeout', held);
}

const deletionTimeoutMs = 120_000;
