import { expect, test } from 'vitest';
import { ignoredFields } from '../../../activities/apply/ignore.ts';
import type { KubeObject } from '../../../activities/cluster/object.ts';

type Row = Record<string, unknown>;

const deployment = (spec: object, managedFields: Row[] = []): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', managedFields },
  spec,
});
const containers = (image: string, env = 'a'): object => ({
  containers: [
    { name: 'side', image: 'side:1' },
    { name: 'main', image, env },
  ],
});
const appliedBy = (manager: string, fieldsV1: object): Row => ({
  manager,
  operation: 'Apply',
  fieldsV1,
});
const replicas = { 'f:spec': { 'f:replicas': {} } };
const mainImage = {
  'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {} } } },
};

test.each<[string, string, object, KubeObject, object]>([
  [
    'takes the live value',
    '/spec/replicas',
    { replicas: 1 },
    deployment({ replicas: 5 }),
    { replicas: 5 },
  ],
  [
    'is left out where it is gone',
    '/spec/replicas',
    { replicas: 1, a: 1 },
    deployment({}),
    { a: 1 },
  ],
  ['is not invented', '/spec/replicas', { a: 1 }, deployment({ replicas: 5 }), { a: 1 }],
  [
    'is left out where another manager applies it',
    '/spec/replicas',
    { replicas: 1, a: 1 },
    deployment({ replicas: 5 }, [appliedBy('scaler', replicas)]),
    { a: 1 },
  ],
  [
    'is kept where we apply it, or kubectl did',
    '/spec/replicas',
    { replicas: 1 },
    deployment({ replicas: 5 }, [
      appliedBy('kustomize-controller', replicas),
      appliedBy('kubectl', replicas),
    ]),
    { replicas: 5 },
  ],
  [
    'may stand in a list',
    '/spec/containers/1/image',
    containers('main:1'),
    deployment(containers('main:2', 'b')),
    containers('main:2'),
  ],
  [
    'in a list is another manager’s by the key of the item',
    '/spec/containers/1/image',
    containers('main:1'),
    deployment(containers('main:2'), [appliedBy('updater', mainImage)]),
    {
      containers: [
        { name: 'side', image: 'side:1' },
        { name: 'main', env: 'a' },
      ],
    },
  ],
  [
    'may have a slash in its name',
    '/spec/a~1b',
    { 'a/b': 1 },
    deployment({ 'a/b': 2 }),
    { 'a/b': 2 },
  ],
])('an ignored field %s', (...[, path, spec, live, expected]) => {
  const object = deployment(spec);
  const sent = ignoredFields([{ paths: [path] }])(object, live);
  expect(sent['spec']).toEqual(expected);
  expect(object['spec']).toEqual(spec);
});

test('objects that no rule is for are sent as they are', () => {
  const rules = [{ paths: ['/spec/replicas'], target: { name: 'other' } }];
  const object = deployment({ replicas: 1 });
  expect(ignoredFields(rules)(object, deployment({ replicas: 5 }))).toBe(object);
});

test.each([
  [{ paths: ['spec.replicas'] }, "spec.ignore[0]: path 'spec.replicas' is no JSON pointer"],
  [{ paths: ['/a'], target: { kind: 'X', name: '(' } }, "spec.ignore[0]: name '('"],
])('the rule %o is refused with its place', (rule, message) => {
  expect(() => ignoredFields([rule])).toThrow(message);
});
