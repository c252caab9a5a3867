import { expect, test } from 'vitest';
import { kustomization } from '../support/cluster.ts';
import {
  reconcileUpdate,
  workflowId,
  type PassReport,
  type Wake,
} from '../../workflows/messages.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource();

/** Commits the ConfigMaps of a Kustomization, and waits until exactly these are applied. */
async function deploy(name: string, maps: string[], spec: object = {}): Promise<void> {
  const text = maps.length > 0 ? maps.map((map) => configMap(map)).join('---\n') : '# empty\n';
  const revision = `main@sha1:${await repository.commit({ [`${name}/a.yaml`]: text })}`;
  await space.apply(
    kustomization(name, 'repo', { path: name, targetNamespace: space.name, ...spec }),
  );
  await space.signal('GitRepository', 'repo');
  await space.until(
    'Kustomization',
    name,
    ({ status, metadata }) =>
      status.lastAppliedRevision === revision && status.observedGeneration === metadata.generation,
  );
}

/** Lets the API server refuse the deletion of a ConfigMap, until the function that it gives is called. */
async function forbidDeletion(name: string): Promise<() => Promise<void>> {
  const title = `keep-${name}-${space.name}`;
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'] };
  const policy = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: title },
    spec: {
      matchConstraints: {
        resourceRules: [{ ...rule, resources: ['configmaps'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': space.name } },
      },
      validations: [{ expression: `oldObject.metadata.name != '${name}'`, message: 'guarded' }],
    },
  };
  const base = '/apis/admissionregistration.k8s.io/v1';
  const binding = {
    apiVersion: policy.apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: title },
    spec: { policyName: title, validationActions: ['Deny'] },
  };
  const post = (path: string, body: object): Promise<unknown> =>
    space.cluster.request({ method: 'POST', path, body });
  await post(`${base}/validatingadmissionpolicies`, policy);
  const bindings = `${base}/validatingadmissionpolicybindings`;
  await post(bindings, binding);
  // A policy takes a moment until it is enforced; a dry run finds out without a deletion.
  const dryRun = {
    method: 'DELETE',
    path: `/api/v1/namespaces/${space.name}/configmaps/${name}`,
    query: { dryRun: 'All' },
  } as const;
  await expect
    .poll(() => space.cluster.request(dryRun).catch((error: unknown) => String(error)), {
      timeout: 20_000,
    })
    .toContain('denied');
  return async () => {
    await space.cluster.request({ method: 'DELETE', path: `${bindings}/${title}` });
  };
}

test('what is protected or belongs to another by now is kept', async () => {
  await deploy('guards', ['plain', 'switched', 'moved']);
  const annotations = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };
  await space.patch('ConfigMap', 'switched', { metadata: { annotations } });
  const labels = { 'kustomize.toolkit.fluxcd.io/name': 'another' };
  await space.patch('ConfigMap', 'moved', { metadata: { labels } });
  await deploy('guards', []);
  expect(await space.get('ConfigMap', 'plain')).toBeUndefined();
  expect(await space.get('ConfigMap', 'switched')).toBeDefined();
  expect(await space.get('ConfigMap', 'moved')).toBeDefined();
  await space.untilEvent('guards', `ConfigMap/${space.name}/switched skipped`);
});

test('without prune nothing is deleted, and the inventory forgets it', async () => {
  await deploy('keeps', ['kept'], { prune: false });
  await deploy('keeps', [], { prune: false });
  expect(await space.get('ConfigMap', 'kept')).toBeDefined();
});

test.each([
  ['nothing', {}, false],
  ['Orphan', { deletionPolicy: 'Orphan' }, true],
  ['Delete without prune', { deletionPolicy: 'Delete', prune: false }, false],
  ['prune: false', { prune: false }, true],
  ['WaitForTermination', { deletionPolicy: 'WaitForTermination' }, false],
  ['suspend', { suspend: true }, true],
])('a Kustomization deleted with %s set leaves its objects or not', async (_, spec, stays) => {
  const name = `end-${Object.values(spec).join('-').toLowerCase() || 'plain'}`;
  const { suspend, ...others } = { suspend: false, ...spec };
  await deploy(name, [name], others);
  if (suspend) await space.patch('Kustomization', name, { spec: { suspend: true } });
  await space.remove('Kustomization', name);
  await space.untilGone('Kustomization', name);
  expect((await space.get('ConfigMap', name)) !== undefined).toBe(stays);
});

test('a deletion that the API server refuses fails the prune and is tried again', async () => {
  await deploy('refused', ['guarded', 'other']);
  const allow = await forbidDeletion('guarded');
  await repository.commit({ 'refused/a.yaml': '# empty\n' });
  await space.signal('GitRepository', 'repo');
  const failed = await space.until('Kustomization', 'refused', (row) =>
    (row.status.conditions ?? []).some(({ reason }) => reason === 'PruneFailed'),
  );
  expect(failed.status.inventory?.entries).toEqual([
    { id: `${space.name}_guarded__ConfigMap`, v: 'v1' },
  ]);
  await allow();
  await expect
    .poll(
      async () => {
        await space.signal('Kustomization', 'refused');
        return space.get('ConfigMap', 'guarded');
      },
      { timeout: 60_000, interval: 1000 },
    )
    .toBeUndefined();
  const healed = await space.until(
    'Kustomization',
    'refused',
    (row) => row.status.inventory?.entries.length === 0,
  );
  expect(healed.status.inventory?.entries).toEqual([]);
});

test('a Kustomization whose deletion is refused tries again at its retry interval', async () => {
  await deploy('stuck', ['stuck'], { interval: '1h', retryInterval: '2s' });
  const allow = await forbidDeletion('stuck');
  await space.remove('Kustomization', 'stuck');
  await space.until('Kustomization', 'stuck', (row) =>
    (row.status.conditions ?? []).some(({ reason }) => reason === 'PruneFailed'),
  );
  await allow();
  await space.untilGone('Kustomization', 'stuck');
  expect(await space.get('ConfigMap', 'stuck')).toBeUndefined();
});

test('an update that comes in while the deletion is under way gets its answer', async () => {
  await deploy('held', ['held'], { deletionPolicy: 'WaitForTermination' });
  await space.patch('ConfigMap', 'held', { metadata: { finalizers: ['example.com/hold'] } });
  await space.remove('Kustomization', 'held');
  await space.until('ConfigMap', 'held', ({ metadata }) => metadata.deletionTimestamp != null);
  const id = workflowId('Kustomization', { namespace: space.name, name: 'held' });
  const workflow = space.temporal.workflow.getHandle(id);
  const update = await workflow.startUpdate<PassReport, [Wake]>(reconcileUpdate.name, {
    args: [{}],
    waitForStage: 'ACCEPTED',
  });
  await space.patch('ConfigMap', 'held', { metadata: { finalizers: null } });
  expect(await update.result()).toMatchObject({ ready: false, reason: 'Deleted' });
  await workflow.result();
  await space.untilGone('Kustomization', 'held');
});
