import { ApiError, isNotFound, isUnavailable } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { mapLimited } from '../cluster/limit.ts';
import { describeRef, groupOf, refOf, type KubeObject } from '../cluster/object.ts';
import type { Redact } from '../cluster/redact.ts';
import { serverSideApply } from '../cluster/server-side-apply.ts';
import { applyMode, isForced, isSkipped } from '../cluster/switches.ts';
import { fail } from '../failures.ts';
import { validateAsNew } from './as-new.ts';
import { hasDrifted } from './drift.ts';
import type { LeaveIgnored } from './ignore.ts';
import { rowsOf, takeOver } from './managed-fields.ts';
import { isStale, isUnconvertible, migrated } from './migration.ts';
import type { Standing } from './standing.ts';
import { listVersions } from './versions.ts';

/** What is to be done with one object. */
export interface Decision {
  readonly object: KubeObject;
  readonly action:
    'create' | 'configure' | 'take-over' | 'migrate' | 'recreate' | 'nothing' | 'skip';
  /** As it stands in the cluster; set where the action works on it. */
  readonly live?: KubeObject;
  /** As it would stand there after the action; set where that is another form. */
  readonly applied?: KubeObject;
  /** As the source declares it, with the fields that are left to others. */
  readonly declared: KubeObject;
}

type Verdict = Omit<Decision, 'declared'>;

/** What a plan needs to know beside the objects. */
export interface PlanContext {
  readonly cluster: Cluster;
  /** spec.force of the Kustomization. */
  readonly force: boolean;
  /** spec.ignore of the Kustomization. */
  readonly leaveIgnored: LeaveIgnored;
  /** `group/Kind` of the kinds whose CRD belongs to the same revision. */
  readonly newKinds: ReadonlySet<string>;
  readonly redact: Redact;
  /** API calls in flight. */
  readonly concurrency: number;
  /** Field managers, by the starts of their names, whose fields are taken over beside those of kubectl. */
  readonly overriddenManagers: readonly string[];
  /** What is known of the objects, which saves reading and comparing them; all are compared where absent. */
  readonly memory?: PlanMemory;
}

/** What a pass brings along from those before it. */
export interface PlanMemory {
  readonly standing: Standing;
  /** Labels that every object carries. */
  readonly labels: Record<string, string>;
  /** True for an object that no pass has applied yet. */
  readonly isNew: (object: KubeObject) => boolean;
}

/**
 * Compares a stage with the cluster by a dry run of every object, and writes nothing. Fails with ApplyFailed, naming every object at
 * fault and the reason of the API server, so that a stage is applied as a whole or not at all.
 */
export async function planStage(
  context: PlanContext,
  objects: readonly KubeObject[],
): Promise<Decision[]> {
  const faults: string[] = [];
  const standing = await standingAlready(context, objects);
  const decisions = await mapLimited(objects, context.concurrency, async (object) => {
    if (standing.has(object)) return { object, action: 'nothing', declared: object } as const;
    try {
      return { ...(await decide(context, object)), declared: object };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isUnavailable(error)) throw fail('ClusterUnavailable', faultOf(context, object, error));
      faults.push(faultOf(context, object, error));
      return undefined;
    }
  });
  if (faults.length > 0) {
    const more = faults.length > maxFaults ? `; and ${faults.length - maxFaults} more` : '';
    throw fail('ApplyFailed', `${faults.sort().slice(0, maxFaults).join('; ')}${more}`);
  }
  return decisions.filter((decision) => decision !== undefined);
}

const maxFaults = 10;

/** The objects of which a list tells that nothing has touched them since they were as declared. */
async function standingAlready(
  context: PlanContext,
  objects: readonly KubeObject[],
): Promise<Set<KubeObject>> {
  const { memory } = context;
  if (!memory) return new Set();
  const { standing, labels } = memory;
  const known = objects.filter((object) => !isSkipped(object) && standing.knows(object));
  const versions = await listVersions({ ...context, labels }, known);
  const holds = [...versions].filter(([object, live]) => standing.holds(object, live));
  return new Set(holds.map(([object]) => object));
}

async function decide(context: PlanContext, object: KubeObject): Promise<Verdict> {
  if (isSkipped(object)) return { object, action: 'skip' };
  if (await isCreated(context, object)) return { object, action: 'create' };
  const live = await readLive(context, object);
  if (!live) {
    await dryRun(context, object);
    return { object, action: 'create' };
  }
  if (isSkipped(live) || applyMode(object) === 'IfNotPresent') return { object, action: 'skip' };
  return compareWith(live, context, object);
}

async function compareWith(
  live: KubeObject,
  context: PlanContext,
  object: KubeObject,
): Promise<Verdict> {
  const standing = context.memory?.standing;
  if (standing?.holds(object, live.metadata)) return { object, action: 'nothing' };
  const sent = context.leaveIgnored(object, live);
  try {
    const applied = await dryRun(context, sent);
    const action = needsTakeOver(context, sent, live) ? 'take-over' : 'configure';
    if (action === 'take-over' || hasDrifted(live, applied))
      return { object: sent, action, live, applied };
    standing?.note(object, live);
    return { object: sent, action: 'nothing' };
  } catch (error) {
    if (!isUnconvertible(error, sent, live)) return recreate(context, { object, live }, error);
    const asNew = await validateAsNew(context.cluster, sent);
    return { object: sent, action: 'migrate', live, applied: migrated(live, asNew) };
  }
}

/** Of an object that no pass has applied yet, one dry run mostly tells all: what does not exist has no version. */
async function isCreated(context: PlanContext, object: KubeObject): Promise<boolean> {
  if (!context.memory?.isNew(object) || isDefinedHere(context, object)) return false;
  try {
    return (await dryRun(context, object)).metadata.resourceVersion === undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // What is wrong depends on whether it exists.
    return false;
  }
}

/** What can not be changed in place is deleted and created again, if the user allows it. */
async function recreate(
  { cluster, force }: PlanContext,
  { object, live }: { object: KubeObject; live: KubeObject },
  error: unknown,
): Promise<Verdict> {
  if (!isImmutable(error)) throw error;
  if (!force && !isForced(object)) throw withHint(error);
  // Before anything is deleted for it, an object has to be valid as a new one.
  await validateAsNew(cluster, object);
  return { object, action: 'recreate', live };
}

function needsTakeOver(
  { overriddenManagers }: PlanContext,
  object: KubeObject,
  live: KubeObject,
): boolean {
  return applyMode(object) !== 'Merge' && takeOver(rowsOf(live), overriddenManagers) !== undefined;
}

/** An object of a version that is not served yet may be there in another one, so its kind is asked for first. */
function readLive(context: PlanContext, object: KubeObject): Promise<KubeObject | undefined> {
  const { cluster } = context;
  return patiently(context, object, async () => {
    if (isDefinedHere(context, object)) await cluster.path(refOf(object));
    return cluster.get(refOf(object));
  });
}

function dryRun(context: PlanContext, object: KubeObject): Promise<KubeObject> {
  return patiently(context, object, () =>
    serverSideApply(context.cluster, object, { dryRun: true }),
  );
}

/** A kind that has just been defined, or redefined, is served a moment after its CRD says that it is established. */
async function patiently<T>(
  context: PlanContext,
  object: KubeObject,
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const attempts = isNotFound(error) ? 40 : isStale(error) ? 12 : 0;
      if (attempt >= attempts || !isDefinedHere(context, object)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

function isDefinedHere({ newKinds }: PlanContext, { apiVersion, kind }: KubeObject): boolean {
  return newKinds.has(`${groupOf(apiVersion)}/${kind}`);
}

function isImmutable(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || error.status !== 422) return false;
  return /immutable|may not (be )?change|cannot (be )?change|forbidden: updates to/i.test(
    error.message,
  );
}

function withHint(error: ApiError): ApiError {
  const hint =
    'set spec.force, or kustomize.toolkit.fluxcd.io/force: enabled on the object, to have it deleted and created again';
  return new ApiError(error.status, error.reason, `${error.message}; ${hint}`);
}

function faultOf({ redact }: PlanContext, object: KubeObject, error: ApiError): string {
  const message = redact(error.message, object);
  return `${describeRef(refOf(object))} dry-run failed (${error.reason}): ${message}`;
}
