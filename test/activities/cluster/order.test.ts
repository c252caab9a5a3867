import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refOf, type KubeObject } from '../../../activities/cluster/object.ts';
import { compareOrder, groupByRank, rankOf, stageOf } from '../../../activities/cluster/order.ts';

const kinds = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'StorageClass',
  'ServiceAccount',
  'ConfigMap',
  'Service',
  'Deployment',
  'Widget',
  'Job',
  'ValidatingWebhookConfiguration',
];

const objects = fc.array(
  fc.record({
    apiVersion: fc.constantFrom('v1', 'apps/v1', 'example.com/v1'),
    kind: fc.constantFrom(...kinds),
    metadata: fc.record({
      namespace: fc.constantFrom('a', 'b'),
      name: fc.string({ minLength: 1, maxLength: 4 }),
    }),
  }),
);

test('definitions come first, unknown kinds after the known ones, webhooks last', () => {
  const ranks = kinds.map((kind) => rankOf({ kind }));
  expect([...ranks].sort((a, b) => a - b)).toEqual(ranks);
});

test.each([
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 0],
  ['v1', 'Namespace', 0],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole', 0],
  ['storage.k8s.io/v1', 'StorageClass', 1],
  ['example.com/v1', 'FancyClass', 1],
  ['rbac.authorization.k8s.io/v1', 'Role', 2],
  ['v1', 'Secret', 2],
  ['example.com/v1', 'Role', 3],
  ['apps/v1', 'Deployment', 3],
  ['example.com/v1', 'Widget', 3],
])('%s %s belongs to stage %i', (apiVersion, kind, stage) => {
  const custom = ['rbac.authorization.k8s.io/Role', '/Secret', '/Namespace'];
  expect(stageOf({ apiVersion, kind }, custom)).toBe(stage);
});

test('the order does not depend on the order of the input', () => {
  fc.assert(
    fc.property(objects, (given: KubeObject[]) => {
      const sorted = (list: KubeObject[]): unknown[] =>
        list
          .map(refOf)
          .sort(compareOrder)
          .map((ref) => JSON.stringify(ref));
      expect(sorted([...given].reverse())).toEqual(sorted(given));
    }),
  );
});

test('grouping loses nothing, and no group holds something that a later one needs', () => {
  fc.assert(
    fc.property(objects, (given: KubeObject[]) => {
      const groups = groupByRank(given, refOf);
      expect(groups.flat()).toHaveLength(given.length);
      const ranks = groups.map(([first]) => (first ? rankOf(first) : -1));
      expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
    }),
  );
});
