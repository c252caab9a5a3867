import { expect, test } from 'vitest';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { configHandler, outdatedBy, type Configs } from '../../../client/bridge/configs.ts';
import { sightOf } from '../../../client/bridge/state.ts';

const object = (name: string, version: string, time = '2026-01-01T10:00:00Z'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PartialObjectMetadata',
  metadata: { name, namespace: 'apps', resourceVersion: version, managedFields: [{ time }] },
});

function watched(): {
  told: string[];
  configs: Configs;
  handler: ReturnType<typeof configHandler>;
} {
  const told: string[] = [];
  const configs: Configs = new Map();
  const handler = configHandler('Secret', {
    configs,
    listed: () => undefined,
    changed: (name) => told.push(name),
    failed: () => undefined,
  });
  return { told, configs, handler };
}

test('creation, change and deletion are told, a first list and a repetition are not', async () => {
  const { told, handler } = watched();
  await handler.listed([object('a', '1')]);
  handler.changed(object('a', '1'));
  expect(told).toEqual([]);
  handler.changed(object('a', '2'));
  handler.changed(object('b', '3'));
  handler.deleted(object('a', '4'));
  expect(told).toEqual(['Secret/apps/a', 'Secret/apps/b', 'Secret/apps/a']);
});

test('a later list tells what happened while nobody watched', async () => {
  const { told, handler } = watched();
  await handler.listed([object('a', '1'), object('b', '1'), object('c', '1')]);
  await handler.listed([object('a', '1'), object('b', '2'), object('d', '3')]);
  expect(told.sort()).toEqual(['Secret/apps/b', 'Secret/apps/c', 'Secret/apps/d']);
});

test.each([
  ['changed after the last pass', '2026-01-01T10:00:05.300Z', '2026-01-01T10:00:06Z', true],
  ['changed in its last second', '2026-01-01T10:00:05.300Z', '2026-01-01T10:00:05Z', true],
  ['changed before it', '2026-01-01T10:00:05.300Z', '2026-01-01T10:00:04Z', false],
  ['had no pass yet', '', '2026-01-01T10:00:04Z', false],
])('a Kustomization whose keys %s', async (_, passed, changed, outdated) => {
  const { configs, handler } = watched();
  await handler.listed([object('keys', '1', changed)]);
  const sight = sightOf('Kustomization', {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'web', namespace: 'apps' },
    spec: { decryption: { provider: 'sops', secretRef: { name: 'keys' } } },
    status: { history: passed === '' ? [] : [{ lastReconciled: passed }] },
  });
  expect(outdatedBy(sight, configs)).toBe(outdated ? 'Secret/apps/keys' : undefined);
});
