import { expect, test } from 'vitest';
import { explainQuery, workflowId } from '../../workflows/messages.ts';
import { kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space } = await openSource({
  'app/a.yaml': configMap('a', { key: '${variable}' }),
  'app/b.yaml': configMap('b'),
});
for (const name of ['variables', 'outside']) {
  const data = { variable: 'first' };
  await space.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}
await space.untilReady('GitRepository', 'repo');
await space.apply(
  kustomization('app', 'repo', {
    path: './app',
    interval: '2s',
    timeout: '2s',
    targetNamespace: space.name,
    postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'variables' }] },
    healthChecks: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'outside', namespace: space.name }],
  }),
);
await space.untilReady('Kustomization', 'app');
const handle = space.temporal.workflow.getHandle(
  workflowId('Kustomization', { namespace: space.name, name: 'app' }),
);
const explain = async (): Promise<string> => (await handle.query(explainQuery)).doing;

test('an interval in which nothing happened costs a comparison, and no run', async () => {
  await expect.poll(explain, { timeout: 20_000 }).toBe('compared 2 objects: as applied');
  const { runId } = await handle.describe();
  const counted = async (): Promise<number> => {
    const row = await space.until('Kustomization', 'app', () => true);
    return row.status.history?.[0]?.totalReconciliations ?? 0;
  };
  const before = await counted();
  await expect.poll(counted, { timeout: 30_000 }).toBeGreaterThan(before + 2);
  expect((await handle.describe()).runId).toBe(runId);
});

test('an interval finds a variable that nobody watches', async () => {
  await space.patch('ConfigMap', 'variables', { data: { variable: 'second' } });
  await space.until('ConfigMap', 'a', ({ data }) => (data as { key: string }).key === 'second');
});

test('an interval finds what is not healthy any more, and what is again', async () => {
  const doing = (words: string): Promise<void> =>
    expect.poll(explain, { timeout: 20_000 }).toContain(words);
  await doing('as applied');
  await space.remove('ConfigMap', 'outside');
  await doing('waiting until the objects');
  await space.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'outside' } });
  await doing('as applied');
});
