import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../../../activities/cluster/client.ts';
import type { KubeObject, ObjectRef } from '../../../activities/cluster/object.ts';
import { serverSideApply } from '../../../activities/cluster/server-side-apply.ts';
import { reconcileSignal, workflowId } from '../../../workflows/messages.ts';
import type { WorkingCopy } from '../working-copy.ts';

/** What the scenes of the demo work with. */
export interface DemoStage {
  readonly cluster: Cluster;
  readonly temporal: Client;
  readonly repository: WorkingCopy;
  /** Prints a line that belongs to the scene. */
  readonly say: (line: string) => void;
}

/** Namespace and names of the example manifests. */
export const source = { kind: 'GitRepository', namespace: 'default', name: 'app-repo' } as const;
/** The Kustomization of the example manifests. */
export const app = {
  kind: 'Kustomization',
  namespace: 'default',
  name: 'app-deployment',
} as const;

/** Applies the quick start's manifests as they stand, but for the repository's address. */
export async function applyQuickStart({ cluster }: DemoStage, url: string): Promise<void> {
  const text = await readFile(join(import.meta.dirname, 'quick-start.yaml'), 'utf8');
  const documents = parseAllDocuments(text.replace(/url: .*/, `url: ${url}`));
  for (const document of Array.isArray(documents) ? documents : []) {
    const object = document.toJS() as KubeObject;
    const named = { ...object, metadata: { ...object.metadata, namespace: 'default' } };
    await serverSideApply(cluster, named, { manager: 'kubectl' });
  }
}

/** Tells a workflow to look, as a webhook does after a push. */
export async function signal(
  { temporal }: DemoStage,
  { kind, namespace, name }: typeof source | typeof app,
): Promise<void> {
  const handle = temporal.workflow.getHandle(workflowId(kind, { namespace, name }));
  await handle.signal(reconcileSignal, { reason: 'asked for in the demo' });
}

/** The object, as far as it has got; raises an Error that shows its conditions when it is not as wanted in time. */
export async function until(
  { cluster }: DemoStage,
  ref: ObjectRef,
  wanted: (object: DemoObject | undefined) => boolean,
): Promise<DemoObject | undefined> {
  let last: DemoObject | undefined;
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
    const found = await cluster.get(ref);
    last = found && { spec: {}, status: {}, ...found };
    if (wanted(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const state = JSON.stringify(last?.status ?? 'not there');
  throw new Error(`${ref.kind} ${ref.name} did not get there in two minutes: ${state}`);
}

const timeoutMs = 120_000;

/** The parts of an object that the scenes look at. */
export type DemoObject = KubeObject & {
  readonly spec: {
    readonly template?: { readonly spec: { readonly containers: readonly { image: string }[] } };
    readonly replicas?: number;
  };
  readonly status: {
    readonly conditions?: readonly { type: string; status: string; message: string }[];
    readonly lastAppliedRevision?: string;
    readonly lastAttemptedRevision?: string;
    readonly readyReplicas?: number;
  };
};

/** True when the Kustomization is ready at a commit. */
export function readyAt(commit: string): (object: DemoObject | undefined) => boolean {
  return (object) =>
    object?.status.lastAppliedRevision?.endsWith(commit) === true &&
    readyOf(object)?.status === 'True';
}

/** The condition Ready. */
export function readyOf(
  object: DemoObject | undefined,
): { status: string; message: string } | undefined {
  return object?.status.conditions?.find(({ type }) => type === 'Ready');
}

/** Reference of the Kustomization. */
export const appRef: ObjectRef = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', ...app };

/** Reference of an object of the application in production. */
export function inProduction(kind: 'Deployment' | 'ConfigMap', name: string): ObjectRef {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  return { apiVersion, kind, namespace: 'production', name };
}

/** Image of the first container. */
export function imageOf(object: DemoObject | undefined): string | undefined {
  return object?.spec.template?.spec.containers[0]?.image;
}
