import { ignoredFields } from '../../activities/apply/ignore.ts';
import { normalize } from '../../activities/apply/normalize.ts';
import { planStage, type Decision, type PlanContext } from '../../activities/apply/plan.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import { difference, entryOf, refOfEntry } from '../../activities/cluster/inventory.ts';
import type { LoadedKustomization } from '../../activities/cluster/kustomizations.ts';
import { withNamespaces } from '../../activities/cluster/namespace.ts';
import {
  describeRef,
  groupOf,
  kindDefinedBy,
  refOf,
  type KubeObject,
  type ObjectRef,
} from '../../activities/cluster/object.ts';
import { compareOrder } from '../../activities/cluster/order.ts';
import { isOwned, withOwner } from '../../activities/cluster/owner.ts';
import { createRedact } from '../../activities/cluster/redact.ts';
import type { RenderedSet } from '../../activities/cluster/rendered.ts';
import { isKept } from '../../activities/cluster/switches.ts';
import type { ObjectKey } from '../../activities/contract.ts';
import { fieldDifferences, type FieldDifference } from './fields.ts';

/** What a sync would do to one object. */
export interface ObjectDifference {
  /** `Kind/namespace/name` */
  readonly title: string;
  readonly change: 'created' | 'drifted' | 'deleted';
  /** What differs of an object that is there. */
  readonly fields: readonly FieldDifference[];
}

/**
 * What a sync of a Kustomization would change on its cluster, found by dry runs: nothing is written. In the order of application, the
 * deletions last. Secret values are masked. Fails with ApplyFailed, naming every object that the API server would refuse.
 */
export async function previewSync(
  target: Cluster,
  key: ObjectKey,
  { spec, status }: LoadedKustomization,
  { objects: rendered, secrets }: RenderedSet,
): Promise<ObjectDifference[]> {
  const sent = rendered.map((object) => withOwner(normalize(object), key));
  const objects = await withNamespaces(target, sent);
  const redact = createRedact(objects, secrets);
  const [later, known] = await splitByHome(target, objects);
  const context: PlanContext = {
    cluster: target,
    force: spec.force,
    leaveIgnored: ignoredFields(spec.ignore),
    newKinds: new Set(),
    concurrency: 8,
    overriddenManagers: [],
    redact,
  };
  const decisions = await planStage(context, known);
  const applied = [
    ...later.map((object): Applied => ({ ref: refOf(object), change: 'created', fields: [] })),
    ...decisions.flatMap((decision) => appliedBy(decision, redact)),
  ].sort((a, b) => compareOrder(a.ref, b.ref));
  const stale = spec.prune
    ? difference(status.inventory?.entries ?? [], objects.map(entryOf)).flatMap(
        (entry) => refOfEntry(entry) ?? [],
      )
    : [];
  const deleted = await deletedOf(target, key, stale);
  return [...applied, ...deleted].map(({ ref, change, fields }) => ({
    title: describeRef(ref),
    change,
    fields,
  }));
}

interface Applied {
  readonly ref: ObjectRef;
  readonly change: ObjectDifference['change'];
  readonly fields: readonly FieldDifference[];
}

/** First those that the API server can not judge yet, because their kind or their namespace comes with the same revision; then all others. */
async function splitByHome(
  target: Cluster,
  objects: readonly KubeObject[],
): Promise<[KubeObject[], KubeObject[]]> {
  const kinds = new Set<string>();
  const namespaces = new Set<string>();
  for (const object of objects) {
    if (!['CustomResourceDefinition', 'Namespace'].includes(object.kind)) continue;
    if (await target.get(refOf(object))) continue;
    if (object.kind === 'Namespace') namespaces.add(object.metadata.name);
    else kinds.add(kindDefinedBy(object));
  }
  const isLater = ({ apiVersion, kind, metadata }: KubeObject): boolean =>
    kinds.has(`${groupOf(apiVersion)}/${kind}`) || namespaces.has(metadata.namespace ?? '');
  return [objects.filter(isLater), objects.filter((object) => !isLater(object))];
}

function appliedBy(
  { object, action, live, applied }: Decision,
  mask: (text: string) => string,
): Applied[] {
  const ref = refOf(object);
  if (action === 'skip' || action === 'nothing') return [];
  if (action === 'create') return [{ ref, change: 'created', fields: [] }];
  const fields = live ? fieldDifferences(live, applied ?? object, mask) : [];
  // Work on managedFields alone may leave every value as it is.
  const isSame = ['take-over', 'migrate'].includes(action) && fields.length === 0;
  return isSame ? [] : [{ ref, change: 'drifted', fields }];
}

async function deletedOf(
  target: Cluster,
  key: ObjectKey,
  stale: readonly ObjectRef[],
): Promise<Applied[]> {
  const deleted: Applied[] = [];
  for (const ref of [...stale].sort(compareOrder).reverse()) {
    const live = await target.get(ref);
    if (live && isOwned(live, key) && !isKept(live))
      deleted.push({ ref, change: 'deleted', fields: [] });
  }
  return deleted;
}
