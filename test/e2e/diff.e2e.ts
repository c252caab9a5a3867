import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kustomization } from '../support/cluster.ts';
import { directoryWith } from '../support/files.ts';
import { configMap } from '../support/manifests.ts';
import { commandLine, type Output } from '../support/command-line.ts';
import { openSource } from '../support/space.ts';

const password = 'correct-horse-battery';
const secret = (value: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { password: ${value} }\n`;
const files = {
  'web/a.yaml': configMap('a', { key: 'value', kept: 'same' }),
  'web/b.yaml': configMap('b'),
  'web/s.yaml': secret(password),
};
const { space } = await openSource(files);
await space.untilReady('GitRepository', 'repo');
await space.apply(kustomization('web', 'repo', { path: './web', targetNamespace: space.name }));
await space.untilReady('Kustomization', 'web');

const sluice = commandLine(space.name);

function diff(...args: string[]): Promise<Output> {
  return sluice('diff', 'ks', 'web', ...args);
}

test('where everything is as it should be nothing is told and the exit code is 0', async () => {
  expect(await diff()).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('what a checkout would change is told object by object, masked, and nothing is written', async () => {
  const root = await directoryWith({
    'web/a.yaml': configMap('a', { key: 'changed', added: 'yes', kept: 'same' }),
    'web/c.yaml': configMap('c'),
    'web/s.yaml': secret(`${password}-2`),
    'web/crd.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.${space.name}.example.com }
spec:
  group: ${space.name}.example.com
  scope: Namespaced
  names: { kind: Thing, plural: things }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
`,
    'web/thing.yaml': `apiVersion: ${space.name}.example.com/v1\nkind: Thing\nmetadata: { name: t }\n`,
  });
  const before = await space.get('ConfigMap', 'a');
  const { code, stdout, stderr } = await diff('--path', join(root, 'web'));
  await rm(root, { recursive: true });
  expect(stderr).toBe('');
  expect(code).toBe(1);
  expect(stdout.split('\n')).toEqual([
    `► CustomResourceDefinition/things.${space.name}.example.com created`,
    `► ConfigMap/${space.name}/a drifted`,
    '  data.added',
    '    + "yes"',
    '  data.key',
    '    - "value"',
    '    + "changed"',
    `► ConfigMap/${space.name}/c created`,
    `► Secret/${space.name}/s drifted`,
    '  data.password',
    '    - *****',
    '    + *****',
    `► Thing/${space.name}/t created`,
    `► ConfigMap/${space.name}/b deleted`,
    '',
  ]);
  expect(await space.get('ConfigMap', 'a')).toEqual(before);
  expect(await space.get('ConfigMap', 'c')).toBeUndefined();
});

test('what was changed by hand is told as JSON with its exit code', async () => {
  await space.patch('Kustomization', 'web', { spec: { suspend: true } });
  await space.patch('ConfigMap', 'a', { data: { key: 'by hand' } });
  const { code, stdout } = await diff('-o', 'json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual([
    {
      title: `ConfigMap/${space.name}/a`,
      change: 'drifted',
      fields: [{ path: 'data.key', before: '"by hand"', after: '"value"' }],
    },
  ]);
});

test('every object that the API server would refuse is named, and the exit code is 2', async () => {
  const refused = { 'web/x.yaml': configMap('X_'), 'web/y.yaml': configMap('Y_') };
  const root = await directoryWith(refused);
  const { code, stdout, stderr } = await diff('--path', root);
  await rm(root, { recursive: true });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('X_');
  expect(stderr).toContain('Y_');
  const missing = await sluice('diff', 'ks', 'nope');
  expect(missing).toMatchObject({ code: 2 });
  expect(missing.stderr).toContain(`Kustomization/${space.name}/nope is not there`);
});
