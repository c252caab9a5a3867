import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { mapLimited } from '../../activities/cluster/limit.ts';
import { modeAnnotation } from '../../activities/cluster/report-only.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import { reconcileUpdate, workflowId } from '../../workflows/messages.ts';
import { ask } from '../ask.ts';
import { patchObject, type Resource } from '../cli/objects.ts';

/** Annotation of a Deployment of Flux that Sluice took over from: how many replicas it had. */
const replicasAnnotation = 'sluice.dev/replicas';

/** Scales a Deployment to nothing, remembers how many replicas it had, and waits until none is left. False where it is not there. */
export async function stopController(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<boolean> {
  const found = await deployment(cluster, namespace, name);
  if (!found) return false;
  if (found.replicas > 0) {
    const annotations = { [replicasAnnotation]: String(found.replicas) };
    await patchObject(cluster, found.object, { metadata: { annotations }, spec: { replicas: 0 } });
  }
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
    const now = await deployment(cluster, namespace, name);
    if (!now || now.isGone) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(
    `Deployment/${namespace}/${name} still has pods after ${timeoutMs / 1000} s: look at them, then run the command again`,
  );
}

/** Gives a Deployment the replicas back that it had. False where it is not there, or was not stopped by us. */
export async function restartController(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<boolean> {
  const found = await deployment(cluster, namespace, name);
  const replicas = Number(found?.object.metadata.annotations?.[replicasAnnotation]);
  if (!found || !Number.isInteger(replicas)) return false;
  const annotations = { [replicasAnnotation]: null };
  await patchObject(cluster, found.object, { metadata: { annotations }, spec: { replicas } });
  return true;
}

/** Sets or takes away the annotation by which Sluice only reports on objects; those that are as wanted are left alone. */
export async function setReportOnly(
  cluster: Cluster,
  objects: readonly Resource[],
  wanted: boolean,
): Promise<void> {
  for (const object of objects) {
    const mode = object.metadata.annotations?.[modeAnnotation];
    if ((mode === 'report') === wanted) continue;
    const annotations = { [modeAnnotation]: wanted ? 'report' : null };
    await patchObject(cluster, object, { metadata: { annotations } });
  }
}

/** Waits until no pass of these objects is under way that began before the call. */
export async function untilQuiet(client: Client, objects: readonly Resource[]): Promise<void> {
  await mapLimited(objects, concurrency, async ({ kind, metadata }) => {
    const key = { namespace: metadata.namespace ?? '', name: metadata.name };
    try {
      // The answer comes when a pass has ended that began after the question.
      const workflow = client.workflow.getHandle(workflowId(kind, key));
      await ask(workflow, reconcileUpdate.name, { reason: 'given back' });
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  });
}

const concurrency = 8;
const timeoutMs = 120_000;

interface Deployment {
  readonly object: Resource;
  readonly replicas: number;
  /** True when it is to have no pod and has none. */
  readonly isGone: boolean;
}

async function deployment(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Deployment | undefined> {
  const found = await cluster.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name });
  if (!found) return undefined;
  const { replicas = 1 } = (found['spec'] ?? {}) as { replicas?: number };
  const status = (found['status'] ?? {}) as { replicas?: number; observedGeneration?: number };
  const observed = status.observedGeneration === found.metadata.generation;
  const isGone = replicas === 0 && observed && (status.replicas ?? 0) === 0;
  return { object: { ...found, spec: {}, status: {} }, replicas, isGone };
}
