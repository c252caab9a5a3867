import { z } from 'zod';
import { formatTime, Kustomization, parseDuration, type Condition } from '../../../api/index.ts';
import { pointerOf } from '../../../activities/cluster/spec-ignore.ts';
import type { InventoryEntry } from '../../../activities/cluster/inventory.ts';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { reportOnly } from '../../../activities/cluster/report-only.ts';
import { objectSelector } from '../../../activities/cluster/selector.ts';
import type { ObjectKey } from '../../../activities/contract.ts';
import { isPointedAt, type FieldPath } from './fields.ts';

/** What of a Kustomization decides what is drift of its objects. */
export interface Owner {
  /** `namespace/name`. */
  readonly name: string;
  readonly key: ObjectKey;
  /** As much of the object as an event has to name. */
  readonly object: KubeObject;
  /** The objects of its inventory by their ids. */
  readonly entries: ReadonlyMap<string, InventoryEntry>;
  /** A pass runs: what happens to its objects is its doing. */
  readonly busy: boolean;
  /** Suspended, being deleted or only reported on: its objects are left alone. */
  readonly stopped: boolean;
  /** When the last pass that looked at its objects began, as managedFields tells times; empty where that is not known. */
  readonly since: string;
  readonly intervalMs: number;
  readonly kubeConfig: Kustomization['spec']['kubeConfig'];
  /** True for a field of an object that spec.ignore leaves to the cluster. */
  readonly ignores: (object: KubeObject, path: FieldPath) => boolean;
}

/** Reads an owner from its object; one that bypassed the schema is stopped, as it is for its workflow. */
export function ownerFrom(object: KubeObject): Owner {
  const { name, namespace = '' } = object.metadata;
  const parsed = schema.safeParse(object);
  const { spec, status = {} } = parsed.success ? parsed.data : nothing;
  return {
    name: `${namespace}/${name}`,
    key: { namespace, name },
    object: shortened(object),
    entries: new Map((status.inventory?.entries ?? []).map((entry) => [entry.id, entry])),
    busy: (status.conditions ?? []).some(isProgress),
    stopped:
      spec.suspend === true ||
      object.metadata.deletionTimestamp !== undefined ||
      reportOnly(object, false) !== undefined,
    since: lastPass(status.history),
    intervalMs: parseDuration(spec.interval),
    kubeConfig: spec.kubeConfig,
    ignores: ignoring(spec.ignore),
  };
}

function shortened({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  const given = Object.entries({ namespace, uid, resourceVersion }).filter(([, value]) => value);
  return { apiVersion, kind, metadata: { name, ...Object.fromEntries(given) } };
}

function isProgress({ type, status, reason }: Condition): boolean {
  return type === 'Reconciling' && status === 'True' && reason === 'Progressing';
}

const schema = z.object({
  spec: Kustomization.shape.spec.pick({
    interval: true,
    ignore: true,
    kubeConfig: true,
    suspend: true,
  }),
  status: Kustomization.shape.status
    .unwrap()
    .pick({ conditions: true, inventory: true, history: true })
    .optional(),
});

const nothing: z.infer<typeof schema> = { spec: { interval: '1h', suspend: true } };

/** What took no time looked at no object: it noted that a revision changes none of them. */
function lastPass([last]: NonNullable<Kustomization['status']>['history'] = []): string {
  if (!last) return '';
  try {
    const tookMs = parseDuration(last.lastReconciledDuration);
    const began = new Date(Date.parse(last.lastReconciled) - tookMs);
    return tookMs === 0 ? '' : formatTime(began);
  } catch {
    // Another controller's way of writing it.
    return '';
  }
}

/** A rule that can not be read ignores nothing: the pass fails with a message that names it. */
function ignoring(rules: Kustomization['spec']['ignore'] = []): Owner['ignores'] {
  const read = rules.flatMap(({ target, paths }) => {
    try {
      const pointers = paths.map((path) => pointerOf('', path));
      return [{ matches: objectSelector(target), pointers }];
    } catch {
      return [];
    }
  });
  return (object, path) =>
    read.some(
      ({ matches, pointers }) =>
        pointers.some((pointer) => isPointedAt(path, pointer)) && attempt(() => matches(object)),
    );
}

function attempt(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return false;
  }
}
