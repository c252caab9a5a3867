import { ApiError } from '../../activities/cluster/api-error.ts';
import { kustomization, type TestNamespace } from '../support/cluster.ts';
import { hmac } from '../support/receivers.ts';
import type { TestRepository } from '../support/repository.ts';
import { serialAnnotation, textOf } from './content.ts';
import type { Installation } from './sites.ts';
import type { Model } from './model.ts';
import type { Scenario, Step } from './scenario.ts';
import type { Recorder } from './timeline.ts';
import type { Touch } from './truth.ts';
import { patiently } from './victims.ts';

/** What a user of a world works with. */
export interface UserState {
  readonly installation: Installation;
  readonly space: TestNamespace;
  readonly model: Model;
  readonly recorder: Recorder;
  readonly scenario: Scenario;
  readonly repositories: readonly TestRepository[];
  readonly touches: Touch[];
  readonly locked: ReadonlyMap<string, string>;
  readonly token: string;
  /** How many there are. */
  commits: number;
}

/** Does one step of a scenario, again and again where the API server is away. */
export async function perform(state: UserState, step: Step): Promise<void> {
  const { space } = state;
  const patch = (body: object): Promise<void> =>
    patiently(() => space.patch('Kustomization', 'name' in step ? step.name : '', body));
  switch (step.do) {
    case 'commit':
      return commit(state, step);
    case 'create':
      return create(state, step.name);
    case 'delete':
      return patiently(() => gone(space.remove('Kustomization', step.name)));
    case 'suspend':
    case 'resume':
      return patch({ spec: { suspend: step.do === 'suspend' } });
    case 'respec':
      return patch({ spec: step.spec });
    case 'request': {
      const annotations = { 'reconcile.fluxcd.io/requestedAt': `${Date.now()}` };
      return patch({ metadata: { annotations } });
    }
    case 'drift':
      return drift(state, step);
  }
}

async function commit(state: UserState, step: Extract<Step, { do: 'commit' }>): Promise<void> {
  const { repositories, locked, model } = state;
  const files = Object.entries(step.files).map(([path, content]): [string, string | undefined] => [
    path,
    content === null ? undefined : textOf(content, locked),
  ]);
  const hash = await repositories[step.source]?.commit(Object.fromEntries(files));
  model.committed(step, `main@sha1:${hash ?? ''}`);
  state.commits++;
  if (step.told) await storm(state, 1).catch(() => undefined);
}

async function create(state: UserState, name: string): Promise<void> {
  const { space, scenario } = state;
  const member = scenario.members.find((one) => one.name === name);
  const byState = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    current: "!has(data.state) || data.state == 'ok'",
    failed: "has(data.state) && data.state == 'bad'",
  };
  const spec = {
    interval: '10m',
    retryInterval: '3s',
    timeout: '30s',
    path: name,
    targetNamespace: space.name,
    wait: true,
    healthCheckExprs: [byState],
    decryption: { provider: 'sops', secretRef: { name: 'keys' } },
    postBuild: { substituteFrom: [{ kind: 'Secret', name: 'vars' }] },
    dependsOn: member?.dependsOn.map((one) => ({ name: one })) ?? [],
  };
  await patiently(async () => {
    // One that is still being deleted would take the new one with it.
    await space.untilGone('Kustomization', name, 1000).catch(async (error: unknown) => {
      const old = await space.get('Kustomization', name);
      if (old?.metadata.deletionTimestamp !== undefined) throw error;
    });
    await space.apply(kustomization(name, `source-${member?.source ?? 0}`, spec));
  });
}

/** Someone changes or deletes an object that a Kustomization applied. */
async function drift(
  { space, recorder, touches }: UserState,
  { name, how, place }: Extract<Step, { do: 'drift' }>,
): Promise<void> {
  const own = [...recorder.now().objects.values()].filter(({ owner }) => owner === name);
  const chosen = own.sort((a, b) => a.id.localeCompare(b.id))[place % own.length];
  if (!chosen) return;
  const [kind = '', object = ''] = chosen.id.split('/');
  await patiently(async () => {
    const live = await space.get(kind, object);
    if (!live) return;
    const { resourceVersion = '' } = live.metadata;
    const ref = { apiVersion: 'v1', kind, namespace: space.name, name: object };
    const path = await space.cluster.path(ref);
    if (how === 'delete') {
      touches.push({ id: chosen.id, deletedAt: Number(resourceVersion) });
      const body = { preconditions: { resourceVersion } };
      await gone(space.cluster.request({ method: 'DELETE', path, body }));
      return;
    }
    const changed = await space.cluster.request<typeof live>({
      method: 'PATCH',
      path,
      query: { fieldManager: 'kubectl-edit' },
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { [serialAnnotation]: 'by hand' } } },
    });
    touches.push({ id: chosen.id, version: Number(changed.metadata.resourceVersion) });
  });
}

/** Pushes as a Git server tells of them, and every fourth one forged; whatever gets no answer is lost. */
export async function storm(
  { installation, space, token }: UserState,
  count: number,
): Promise<void> {
  const receiver = await space.get('Receiver', 'push');
  const { webhookPath = '' } = (receiver?.['status'] ?? {}) as { webhookPath?: string };
  const url = `${installation.receiverUrl}${webhookPath}`;
  const body = '{}';
  const lanes = 10;
  const posts = Array.from({ length: lanes }, async (_, lane) => {
    for (let at = lane; at < count; at += lanes) {
      const signature = at % 4 === 3 ? '00' : hmac('sha256', token, body);
      const headers = { 'x-signature': `sha256=${signature}` };
      const signal = AbortSignal.timeout(5000);
      const answer = await fetch(url, { method: 'POST', headers, body, signal }).catch(
        () => undefined,
      );
      await answer?.arrayBuffer().catch(() => undefined);
    }
  });
  await Promise.all(posts);
}

/** What is not there can not be removed again, and what has changed meanwhile is left. */
export async function gone(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof ApiError) || ![404, 409].includes(error.status)) throw error;
  });
}
