import { recordEvent } from './events.ts';
import type { Cluster } from './client.ts';
import { read } from './kustomizations.ts';
import { mergePatch } from './merge-patch.ts';
import { refOf, type KubeObject } from './object.ts';
import { ApiError } from './api-error.ts';
import type { ObjectKey } from '../contract.ts';

/** The annotations beside spec.suspend: why, and until when as a time of RFC 3339. */
export const suspensionAnnotations = {
  reason: 'sluice.dev/suspend-reason',
  until: 'sluice.dev/suspend-until',
} as const;

/** How a suspended object says that it is suspended. */
export interface Suspension {
  /** In words: the reason, the end, and what is wrong with the end. */
  readonly why: string;
  /** When it ends, as the annotation has it; absent without an end that can be read. */
  readonly resumeAt?: string;
}

/** Reads the suspension of a suspended object; an end that is no time means that there is none. */
export function suspensionOf({ metadata }: KubeObject): Suspension {
  const reason = metadata.annotations?.[suspensionAnnotations.reason]?.slice(0, maxReason);
  const until = metadata.annotations?.[suspensionAnnotations.until];
  const why = `spec.suspend is true${reason ? `: ${reason}` : ''}`;
  if (until === undefined) return { why };
  if (isTime(until)) return { why: `${why} (until ${until})`, resumeAt: until };
  const fault = `annotation ${suspensionAnnotations.until} is "${until.slice(0, 50)}"`;
  const advice = 'no time such as 2026-12-01T08:00:00Z, so it stays suspended';
  return { why: `${why} (${fault}, ${advice})` };
}

/** Ends a suspension whose time has come: nothing is done where the object is not suspended until that very time any more. */
export async function resume(
  cluster: Cluster,
  kind: keyof typeof owners,
  key: ObjectKey,
  until: string,
): Promise<void> {
  const { apiVersion, component } = owners[kind];
  const object = await read(() => cluster.get({ apiVersion, kind, ...key }));
  if (!object || object.metadata.deletionTimestamp) return;
  const { suspend } = { suspend: false, ...(object['spec'] as { suspend?: boolean }) };
  if (!suspend || object.metadata.annotations?.[suspensionAnnotations.until] !== until) return;
  if (!(await patchSuspension(cluster, object, { spec: { suspend: false } }))) return;
  const message = `Resumed: it was suspended until ${until}`;
  await recordEvent(cluster, { object, type: 'Normal', reason: 'Resumed', message, component });
}

/** Removes the annotations that a suspension left on an object that is not suspended, so that they do not speak of the next one. */
export async function forgetSuspension(cluster: Cluster, object: KubeObject): Promise<void> {
  const { annotations = {} } = object.metadata;
  const left = Object.values(suspensionAnnotations).some((name) => name in annotations);
  if (left) await patchSuspension(cluster, object, {});
}

const sourceOwner = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  component: 'source-controller',
} as const;

const owners = {
  Kustomization: {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    component: 'kustomize-controller',
  },
  GitRepository: sourceOwner,
  OCIRepository: sourceOwner,
} as const;

const maxReason = 200;

/** True for a time of RFC 3339. */
export function isTime(text: string): boolean {
  const pattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
  return pattern.test(text) && !Number.isNaN(Date.parse(text));
}

/** False where somebody else changed the object in between: the change brings another look. */
async function patchSuspension(
  cluster: Cluster,
  object: KubeObject,
  change: object,
): Promise<boolean> {
  const annotations = Object.fromEntries(
    Object.values(suspensionAnnotations).map((name) => [name, null]),
  );
  const { resourceVersion } = object.metadata;
  try {
    const body = { ...change, metadata: { annotations, resourceVersion } };
    await read(() => mergePatch(cluster, refOf(object), body, { manager: 'sluice' }));
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 409 || error.status === 404)) return false;
    throw error;
  }
}
