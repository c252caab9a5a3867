import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { connectCluster, type Cluster } from '../../activities/cluster/client.ts';
import { mergePatch } from '../../activities/cluster/merge-patch.ts';
import type { KubeObject, ObjectRef } from '../../activities/cluster/object.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';
import { reconcileSignal, workflowId } from '../../workflows/messages.ts';

/** A namespace of the test stack, and everything to work in it. */
export interface TestNamespace {
  readonly name: string;
  readonly cluster: Cluster;
  readonly temporal: Client;
  /** Creates or changes an object of this namespace, as a user would with kubectl. */
  apply(object: Manifest): Promise<KubeObject>;
  get(kind: string, name: string): Promise<KubeObject | undefined>;
  patch(kind: string, name: string, body: object): Promise<void>;
  /** Merges into the status of an object, as its controller would. */
  patchStatus(kind: string, name: string, status: object): Promise<void>;
  remove(kind: string, name: string): Promise<void>;
  /** Waits until an object satisfies a condition; the error shows the object as it was last. */
  until(
    kind: string,
    name: string,
    done: (object: Row) => boolean,
    timeoutMs?: number,
  ): Promise<Row>;
  /** Waits until Ready has this status, for the current generation. */
  untilReady(kind: string, name: string, status?: string, timeoutMs?: number): Promise<Row>;
  untilGone(kind: string, name: string, timeoutMs?: number): Promise<void>;
  /** Tells a workflow to look, as a webhook would after a push. */
  signal(kind: string, name: string): Promise<void>;
  events(name: string): Promise<EventRow[]>;
  /** Waits for an event of an object whose reason or message contains a text: it is recorded a moment after the status. */
  untilEvent(name: string, text: string): Promise<EventRow>;
  close(): Promise<void>;
}

/** What the tests read of an event. */
export interface EventRow {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** A manifest without the parts that the namespace adds. */
export type Manifest = Omit<KubeObject, 'metadata'> & {
  readonly metadata: { name: string; [field: string]: unknown };
};

/** An object read back, loosely typed: tests look wherever they like. */
export type Row = KubeObject & {
  spec: Record<string, unknown>;
  status: {
    conditions?: {
      type: string;
      status: string;
      reason: string;
      message: string;
      observedGeneration: number;
    }[];
    observedGeneration?: number;
    inventory?: { entries: { id: string; v: string }[] };
    artifact?: {
      url: string;
      digest: string;
      revision: string;
      path: string;
      metadata?: Record<string, string>;
    };
    lastAppliedRevision?: string;
    lastAppliedOriginRevision?: string;
    lastAttemptedRevision?: string;
    lastHandledReconcileAt?: string;
    history?: { digest: string; lastReconciledStatus: string; totalReconciliations: number }[];
    [field: string]: unknown;
  };
};

const versions: Record<string, string> = {
  GitRepository: 'source.toolkit.fluxcd.io/v1',
  OCIRepository: 'source.toolkit.fluxcd.io/v1',
  Bucket: 'source.toolkit.fluxcd.io/v1',
  ExternalArtifact: 'source.toolkit.fluxcd.io/v1',
  Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
  Receiver: 'notification.toolkit.fluxcd.io/v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  Ingress: 'networking.k8s.io/v1',
  Job: 'batch/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
};

/** A condition of an object by type. */
export function conditionOf(
  object: Row,
  type: string,
): NonNullable<Row['status']['conditions']>[number] | undefined {
  return object.status.conditions?.find((condition) => condition.type === type);
}

/** A new namespace on the shared stack, or on the one given. */
export async function testNamespace(
  at: { kubeconfig: string; temporalAddress: string } = {
    kubeconfig: inject('kubeconfig'),
    temporalAddress: inject('temporalAddress'),
  },
): Promise<TestNamespace> {
  const name = `t-${randomBytes(4).toString('hex')}`;
  const cluster = await connectCluster(at.kubeconfig);
  // A cluster that Flux works on has no Temporal; who needs none never connects.
  const connection = Connection.lazy({ address: at.temporalAddress });
  const temporal = new Client({ connection });
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await cluster.request({ method: 'POST', path: '/api/v1/namespaces', body });
  const place = (kind: string, object: string): ObjectRef => ({
    apiVersion: versions[kind] ?? 'v1',
    kind,
    namespace: name,
    name: object,
  });
  const get = (kind: string, object: string): Promise<KubeObject | undefined> =>
    cluster.get(place(kind, object));
  const until: TestNamespace['until'] = async (kind, object, done, timeoutMs = 60_000) => {
    let last: Row | undefined;
    for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
      const found = await get(kind, object);
      last = found && { spec: {}, status: {}, ...found };
      if (last && done(last)) return last;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const state = JSON.stringify(last?.status ?? last, undefined, 1);
    throw new Error(`${kind}/${name}/${object} did not get there in ${timeoutMs} ms: ${state}`);
  };
  const events: TestNamespace['events'] = async (object) => {
    const { items } = await cluster.request<{
      items: (EventRow & { involvedObject: { name: string } })[];
    }>({ method: 'GET', path: `/api/v1/namespaces/${name}/events` });
    return items.filter(({ involvedObject }) => involvedObject.name === object);
  };
  return {
    name,
    cluster,
    temporal,
    get,
    until,
    events,
    async apply(manifest) {
      const object = {
        ...manifest,
        metadata: { namespace: name, ...manifest.metadata },
      } as KubeObject;
      return serverSideApply(cluster, object, { manager: 'kubectl' });
    },
    async patch(kind, object, body) {
      const contentType = 'application/merge-patch+json';
      const query = { fieldManager: 'kubectl-edit' };
      const path = await cluster.path(place(kind, object));
      await cluster.request({ method: 'PATCH', path, query, contentType, body });
    },
    async patchStatus(kind, object, status) {
      const options = { manager: 'other-controller', subresource: 'status' } as const;
      await mergePatch(cluster, place(kind, object), { status }, options);
    },
    async remove(kind, object) {
      await cluster.request({ method: 'DELETE', path: await cluster.path(place(kind, object)) });
    },
    untilReady: (kind, object, status = 'True', timeoutMs = 60_000) =>
      until(
        kind,
        object,
        (row) => {
          const ready = conditionOf(row, 'Ready');
          return ready?.status === status && ready.observedGeneration === row.metadata.generation;
        },
        timeoutMs,
      ),
    async untilGone(kind, object, timeoutMs = 60_000) {
      for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
        if (!(await get(kind, object))) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`${kind}/${name}/${object} is still there after ${timeoutMs} ms`);
    },
    async signal(kind, object) {
      const id = workflowId(kind, { namespace: name, name: object });
      await temporal.workflow.getHandle(id).signal(reconcileSignal, { reason: 'a push' });
    },
    async untilEvent(object, text) {
      let seen: EventRow[] = [];
      for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
        seen = await events(object);
        const found = seen.find(({ reason, message }) => `${reason} ${message}`.includes(text));
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`no event of ${object} says ${text}: ${JSON.stringify(seen)}`);
    },
    async close() {
      await cluster.close();
      await connection.close();
    },
  };
}

/** A GitRepository manifest. */
export function gitRepository(name: string, url: string, spec: object = {}): Manifest {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name },
    spec: { url, interval: '1m', ref: { branch: 'main' }, ...spec },
  };
}

/** An OCIRepository manifest of a registry on this machine, without TLS unless the spec says otherwise. */
export function ociRepository(name: string, repository: string, spec: object = {}): Manifest {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name },
    spec: { url: `oci://${repository}`, interval: '1m', insecure: true, ...spec },
  };
}

/** A Kustomization manifest. */
export function kustomization(name: string, source: string, spec: object = {}): Manifest {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name },
    spec: {
      interval: '5m',
      path: './',
      prune: true,
      sourceRef: { kind: 'GitRepository', name: source },
      ...spec,
    },
  };
}
