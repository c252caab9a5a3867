import { ApiError, isTransient } from '../../activities/cluster/api-error.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import { recordEvent } from '../../activities/cluster/events.ts';
import { mergePatch } from '../../activities/cluster/merge-patch.ts';
import { refOf, type KubeObject } from '../../activities/cluster/object.ts';
import { secretData } from '../../activities/cluster/secret-data.ts';
import { record, text } from '../../activities/cluster/untyped.ts';
import { assess, type Assessment, type SecretRead } from './assess.ts';
import type { Hook } from './hook.ts';

/**
 * Compares a Receiver with its Secret, hands on what serves its path from now on, and writes its finalizer, its status and an event where
 * they differ. Every bridge may do it: a write that another one was faster with is dropped. Raises ApiError where the API server can not be
 * asked.
 */
export async function look(
  cluster: Cluster,
  object: KubeObject,
  serve: (hook: Hook | undefined) => void,
): Promise<void> {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  if (deletionTimestamp) {
    serve(undefined);
    const left = finalizers.filter((one) => one !== finalizer);
    if (left.length < finalizers.length) await patch(cluster, object, { finalizers: left });
    return;
  }
  const assessment = assess(object, await readSecret(cluster, object), new Date().toISOString());
  // Before the status, so that a path answers as soon as the status tells of it.
  serve(assessment.hook);
  // The watch brings the object back, and the rest is written then.
  if (finalizers.includes(finalizer)) await note(cluster, object, assessment);
  else await patch(cluster, object, { finalizers: [...finalizers, finalizer] });
}

const finalizer = 'finalizers.fluxcd.io';
const manager = 'gotk-notification-controller';

/** Name of the Secret of a Receiver; empty where it has none. */
export function secretNameOf(object: KubeObject): string {
  return text(record(record(object['spec'])['secretRef'])['name']);
}

async function readSecret(cluster: Cluster, object: KubeObject): Promise<SecretRead> {
  const name = secretNameOf(object);
  if (name === '') return { values: {} };
  const { namespace } = object.metadata;
  try {
    const secret = await cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name });
    if (secret) return { values: secretData(secret) };
    return { why: `Secret ${name} is not there: create it with the key token` };
  } catch (error) {
    if (!(error instanceof ApiError) || isTransient(error)) throw error;
    return { why: `Secret ${name} can not be read: ${error.message}` };
  }
}

async function note(
  cluster: Cluster,
  object: KubeObject,
  { status, event }: Assessment,
): Promise<void> {
  if (!status) return;
  const { resourceVersion } = object.metadata;
  const body = { metadata: { resourceVersion }, status };
  const isFirst = await unlessOutdated(() =>
    mergePatch(cluster, refOf(object), body, { manager, subresource: 'status' }),
  );
  const component = 'notification-controller';
  if (isFirst && event) await recordEvent(cluster, { object, ...event, component });
}

async function patch(cluster: Cluster, object: KubeObject, metadata: object): Promise<void> {
  const { resourceVersion } = object.metadata;
  const body = { metadata: { ...metadata, resourceVersion } };
  await unlessOutdated(() => mergePatch(cluster, refOf(object), body, { manager }));
}

/** False where the object has changed or gone since it was read; the watch tells of it. */
async function unlessOutdated(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 409 || error.status === 404)) return false;
    throw error;
  }
}
