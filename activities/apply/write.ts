import { ApiError, isNotFound, isUnavailable } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { describeRef, refOf, type KubeObject } from '../cluster/object.ts';
import { deleteObject, serverSideApply } from '../cluster/server-side-apply.ts';
import { applyMode } from '../cluster/switches.ts';
import { fail } from '../failures.ts';
import { hasDrifted } from './drift.ts';
import { moveTo, rowsOf, takeOver, type ManagedFields } from './managed-fields.ts';
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

async function act(context: PlanContext, decision: Decision): Promise<Change> {
  const { cluster } = context;
  const { object, action, live } = decision;
  if (action === 'skip') return 'skipped';
  if (action === 'nothing') return 'unchanged';
  if (live && (action === 'take-over' || action === 'migrate')) {
    await replaceRows(context, decision, live);
    return hasDrifted(live, await serverSideApply(cluster, object)) ? 'configured' : 'unchanged';
  }
  if (action === 'recreate' && live) await deleteAndWait(cluster, live);
  const written = await serverSideApply(cluster, object);
  noteStanding(context, decision, written);
  return action === 'create' ? 'created' : 'configured';
}

function noteStanding({ memory }: PlanContext, { declared }: Decision, written: KubeObject): void {
  memory?.standing.note(declared, written);
}

/** Others may write while a stage is planned: their change is looked at, never overwritten. */
async function replaceRows(
  context: PlanContext,
  { object, action }: Pick<Decision, 'object' | 'action'>,
  planned: KubeObject,
): Promise<void> {
  const { cluster } = context;
  let live = planned;
  for (let attempt = 1; ; attempt++) {
    const value = rowsAfter(context, { object, action }, live);
    const test = { op: 'test', path: '/metadata/resourceVersion', value: versionOf(live) };
    try {
      await cluster.request({
        method: 'PATCH',
        path: await cluster.path(refOf(object)),
        contentType: 'application/json-patch+json',
        body: [test, { op: 'replace', path: '/metadata/managedFields', value }],
      });
      return;
    } catch (error) {
      const now = isRefused(error) ? await cluster.get(refOf(object)) : undefined;
      if (!now || versionOf(now) === versionOf(live) || attempt >= maxAttempts) throw error;
      live = now;
    }
  }
}

const maxAttempts = 5;

function rowsAfter(
  { overriddenManagers }: PlanContext,
  { object, action }: Pick<Decision, 'object' | 'action'>,
  live: KubeObject,
): readonly ManagedFields[] {
  const rows = rowsOf(live);
  const merges = applyMode(object) === 'Merge';
  const taken = (merges ? undefined : takeOver(rows, overriddenManagers)) ?? rows;
  return (action === 'migrate' ? moveTo(object.apiVersion, taken) : undefined) ?? taken;
}

function versionOf({ metadata }: KubeObject): string | undefined {
  return metadata.resourceVersion;
}

/** How a test that does not hold is answered, among other refusals. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 422 || error.status === 409);
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
