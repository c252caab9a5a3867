import { beforeAll, expect, test } from 'vitest';
import { conditionOf, kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource({
  'a/cm.yaml': configMap('a', { phase: 'Rising' }),
  'b/cm.yaml': configMap('b'),
});

const inSpace = { targetNamespace: space.name, timeout: '30s' };
const rule = { apiVersion: 'v1', kind: 'ConfigMap' };

beforeAll(async () => {
  const healthCheckExprs = [
    { ...rule, current: "data.phase == 'Up'", failed: "data.phase == 'Down'" },
  ];
  const spec = { path: './a', wait: true, healthCheckExprs, ...inSpace, timeout: '5m' };
  await space.apply(kustomization('a', 'repo', spec));
});

test('an object is waited for until its expression says current', async () => {
  await space.until('Kustomization', 'a', (row) =>
    (conditionOf(row, 'Reconciling')?.message ?? '').includes('Running health checks'),
  );
  await repository.commit({ 'a/cm.yaml': configMap('a', { phase: 'Up' }) });
  await space.signal('GitRepository', 'repo');
  const row = await space.untilReady('Kustomization', 'a');
  expect(conditionOf(row, 'Healthy')?.status).toBe('True');
});

test('one that failed by its expression ends the wait at once', async () => {
  await repository.commit({ 'a/cm.yaml': configMap('a', { phase: 'Down' }) });
  await space.signal('GitRepository', 'repo');
  const row = await space.until(
    'Kustomization',
    'a',
    (found) => conditionOf(found, 'Ready')?.reason === 'HealthCheckFailed',
  );
  expect(conditionOf(row, 'Ready')?.message).toContain('failed early due to stalled resources');
});

test('an expression that can not be evaluated is told at the time-out', async () => {
  const healthCheckExprs = [{ ...rule, current: 'status.ready' }];
  const spec = { path: './b', wait: true, healthCheckExprs, ...inSpace };
  await space.apply(kustomization('unknown', 'repo', spec));
  const row = await space.untilReady('Kustomization', 'unknown', 'False', 90_000);
  expect(conditionOf(row, 'Ready')?.message).toContain(
    "failed to evaluate the CEL expression 'status.ready': no such attribute(s): status.ready",
  );
});

test.each([
  ['a health check', { healthCheckExprs: [{ ...rule, current: 'a +' }] }],
  ['a dependency', { dependsOn: [{ name: 'b', readyExpr: 'dep.status.x' }] }],
])('an invalid expression of %s stalls the Kustomization', async (what, fields) => {
  const name = `bad-${what.split(' ').at(-1) ?? ''}`;
  await space.apply(kustomization(name, 'repo', { path: './b', ...fields, ...inSpace }));
  const row = await space.untilReady('Kustomization', name, 'False');
  expect(conditionOf(row, 'Ready')?.reason).toBe('InvalidCELExpression');
  expect(conditionOf(row, 'Stalled')?.status).toBe('True');
});

test('a readyExpr takes the place of the ready condition, and a change of the dependency is noticed', async () => {
  const readyExpr = "has(dep.metadata.labels) && dep.metadata.labels['gate'] == self.metadata.name";
  const spec = { path: './b', dependsOn: [{ name: 'a', readyExpr }], ...inSpace };
  await space.apply(kustomization('gated', 'repo', spec));
  const row = await space.untilReady('Kustomization', 'gated', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({ reason: 'DependencyNotReady' });
  expect(conditionOf(row, 'Ready')?.message).toContain('readyExpr');
  await space.patch('Kustomization', 'a', { metadata: { labels: { gate: 'gated' } } });
  await space.untilReady('Kustomization', 'gated', 'True', 20_000);
});

test('a cycle of dependencies is named, and nothing of it is applied', async () => {
  for (const [name, other] of [
    ['one', 'two'],
    ['two', 'three'],
    ['three', 'one'],
  ] as const) {
    const spec = { path: './b', namePrefix: `${name}-`, dependsOn: [{ name: other }], ...inSpace };
    await space.apply(kustomization(name, 'repo', spec));
  }
  const at = (name: string): string => `${space.name}/${name}`;
  const row = await space.until('Kustomization', 'one', (found) =>
    (conditionOf(found, 'Ready')?.message ?? '').includes('cycle'),
  );
  const way = ['one', 'two', 'three', 'one'].map(at).join(' -> ');
  expect(conditionOf(row, 'Ready')?.message).toContain(`dependency cycle ${way}`);
  expect(await space.get('ConfigMap', 'one-b')).toBeUndefined();
});
