import { expect, test } from 'vitest';
import { conditionOf, kustomization, type Manifest } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource({
  'order/cm.yaml': configMap('order', { a: '${a}', b: '${b}', c: '${c}', zone: '${zone}' }),
  'strict/cm.yaml': configMap('strict', { a: '${unset}' }),
  'plain/cm.yaml': configMap('plain', { a: '${a:-one}', b: '$${b}' }),
  'off/cm.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: off
  annotations: { kustomize.toolkit.fluxcd.io/substitute: disabled }
data: { a: "\${a}" }
`,
  'quotes/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: quotes }
spec:
  replicas: "\${n}"
  selector: { matchLabels: { app: quotes } }
  template:
    metadata:
      labels: { app: quotes }
      annotations: { text: '\${q}\${n}\${q}' }
    spec:
      containers: [{ name: main, image: "nginx:\${n}" }]
`,
});

const variables = (kind: string, name: string, data: object): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  [kind === 'Secret' ? 'stringData' : 'data']: data,
});

async function dataOf(name: string): Promise<unknown> {
  return (await space.get('ConfigMap', name))?.['data'];
}

test('variables come from objects in their order, inline ones win, and newlines are taken out', async () => {
  await space.apply(variables('ConfigMap', 'first', { a: 'first', b: 'first', c: 'first' }));
  await space.apply(variables('Secret', 'second', { b: 'second', c: 'second', zone: '\naz-1a\n' }));
  const postBuild = {
    substituteFrom: [
      { kind: 'ConfigMap', name: 'first' },
      { kind: 'Secret', name: 'second' },
      { kind: 'ConfigMap', name: 'not-there', optional: true },
    ],
    substitute: { c: 'inline' },
  };
  await space.apply(
    kustomization('order', 'repo', { path: './order', postBuild, targetNamespace: space.name }),
  );
  await space.untilReady('Kustomization', 'order');
  expect(await dataOf('order')).toEqual({ a: 'first', b: 'second', c: 'inline', zone: 'az-1a' });
});

test('a reference that is missing and not optional fails the build, by name', async () => {
  const postBuild = { substituteFrom: [{ kind: 'Secret', name: 'not-there' }] };
  await space.apply(
    kustomization('missing', 'repo', { path: './plain', postBuild, targetNamespace: space.name }),
  );
  const row = await space.untilReady('Kustomization', 'missing', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({
    reason: 'BuildFailed',
    message: expect.stringContaining(`Secret/${space.name}/not-there not found`) as string,
  });
});

test('a failure is tried again after retryInterval, without anybody asking', async () => {
  const postBuild = { substituteFrom: [{ kind: 'Secret', name: 'late' }] };
  const spec = { path: './plain', postBuild, targetNamespace: space.name, namePrefix: 'late-' };
  await space.apply(
    kustomization('late', 'repo', { ...spec, interval: '1h', retryInterval: '2s' }),
  );
  await space.untilReady('Kustomization', 'late', 'False');
  await space.apply(variables('Secret', 'late', { a: 'two' }));
  await space.untilReady('Kustomization', 'late');
  expect(await dataOf('late-plain')).toEqual({ a: 'two', b: '${b}' });
});

test('a variable that is not set fails the build and names the object; nothing is applied', async () => {
  const postBuild = { substitute: { other: 'x' } };
  await space.apply(
    kustomization('strict', 'repo', { path: './strict', postBuild, targetNamespace: space.name }),
  );
  const row = await space.untilReady('Kustomization', 'strict', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({ reason: 'BuildFailed' });
  expect(conditionOf(row, 'Ready')?.message).toContain(
    `ConfigMap/${space.name}/strict envsubst error: variable substitution failed: variable not set (strict mode): "unset"`,
  );
  expect(await dataOf('strict')).toBeUndefined();
});

test('without a variable defaults are filled in with the strategy Always alone', async () => {
  await space.apply(
    kustomization('plain', 'repo', { path: './plain', postBuild: {}, targetNamespace: space.name }),
  );
  await space.untilReady('Kustomization', 'plain');
  expect(await dataOf('plain')).toEqual({ a: '${a:-one}', b: '$${b}' });
  const postBuild = { substituteStrategy: 'Always' };
  await space.apply(
    kustomization('plain', 'repo', { path: './plain', postBuild, targetNamespace: space.name }),
  );
  await space.untilReady('Kustomization', 'plain');
  expect(await dataOf('plain')).toEqual({ a: 'one', b: '${b}' });
});

test('an object that opts out is left as it is', async () => {
  const postBuild = { substitute: { a: 'x' } };
  await space.apply(
    kustomization('off', 'repo', { path: './off', postBuild, targetNamespace: space.name }),
  );
  await space.untilReady('Kustomization', 'off');
  expect(await dataOf('off')).toEqual({ a: '${a}' });
});

test('a number stays a number, and a text with quotes around it a text', async () => {
  const postBuild = { substitute: { n: '3', q: '"' } };
  await space.apply(
    kustomization('quotes', 'repo', { path: './quotes', postBuild, targetNamespace: space.name }),
  );
  await space.untilReady('Kustomization', 'quotes');
  expect(await space.get('Deployment', 'quotes')).toMatchObject({
    spec: { replicas: 3, template: { metadata: { annotations: { text: '3' } } } },
  });
});

test('a changed variable is applied at the next pass, and no message tells a value of a Secret', async () => {
  await space.apply(variables('Secret', 'sensitive', { token: 'canary-51b8' }));
  const manifest = `apiVersion: v1
kind: Service
metadata: { name: told }
spec: { ports: [{ port: 80, protocol: "\${token}" }] }
`;
  await repository.commit({ 'told/service.yaml': manifest });
  await space.signal('GitRepository', 'repo');
  const postBuild = { substituteFrom: [{ kind: 'Secret', name: 'sensitive' }] };
  await space.apply(
    kustomization('told', 'repo', { path: './told', postBuild, targetNamespace: space.name }),
  );
  const row = await space.until(
    'Kustomization',
    'told',
    (found) => conditionOf(found, 'Ready')?.reason === 'ReconciliationFailed',
  );
  expect(conditionOf(row, 'Ready')?.message).toContain('Unsupported value: "***"');
  await space.apply(variables('Secret', 'sensitive', { token: 'TCP' }));
  await space.signal('Kustomization', 'told');
  await space.untilReady('Kustomization', 'told');
});
