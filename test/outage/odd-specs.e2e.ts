import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explainQuery, workflowId } from '../../workflows/messages.ts';
import {
  conditionOf,
  gitRepository,
  kustomization,
  testNamespace,
  type TestNamespace,
} from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';
import { loosen } from '../support/schemas.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

let system: TestSystem;
let space: TestNamespace;
let repository: TestRepository;

beforeAll(async () => {
  system = await startSystem(await mkdtemp(join(tmpdir(), 'sluice-odd-')));
  space = await testNamespace(system.stack);
  repository = await testRepository();
  await repository.commit({ 'cm.yaml': configMap('apart') });
  await space.apply(gitRepository('repo', repository.url));
  await space.untilReady('GitRepository', 'repo');
});

afterAll(async () => {
  await repository.close();
  await space.close();
  await system.stop();
});

test('what a looser schema lets in is told on its object alone, and ends by a correction or a deletion', async () => {
  await loosen(space.cluster, 'kustomizations.kustomize.toolkit.fluxcd.io', 'interval');
  await loosen(space.cluster, 'gitrepositories.source.toolkit.fluxcd.io', 'timeout');
  const [spec, bad] = [{ targetNamespace: space.name, namePrefix: 'bad-' }, '1d'];
  await space.apply(kustomization('bad', 'repo', { ...spec, interval: bad }));
  await space.apply(gitRepository('bad', repository.url, { timeout: bad }));
  const told = `bad is invalid: spec.%s: "1d" is no duration: write it like 90s`;
  expect(await refusalOf('Kustomization', 'bad')).toContain(told.replace('%s', 'interval'));
  expect(await refusalOf('GitRepository', 'bad')).toContain(told.replace('%s', 'timeout'));
  await space.patch('Kustomization', 'bad', { spec: { interval: '1m' } });
  await space.patch('GitRepository', 'bad', { spec: { timeout: '1m' } });
  await space.untilReady('Kustomization', 'bad');
  await space.untilReady('GitRepository', 'bad');
  // What was good before may be so no longer, after a change of the schema.
  await space.patch('GitRepository', 'bad', { spec: { timeout: bad } });
  expect(await refusalOf('GitRepository', 'bad')).toContain('is no duration');
  for (const kind of ['Kustomization', 'GitRepository']) {
    await space.remove(kind, 'bad');
    await space.untilGone(kind, 'bad');
  }
});

test.each(['99999999h', '0s'])(
  'an interval of %s leaves a Kustomization and its source at rest',
  async (interval) => {
    const name = `rests-${interval}`;
    await space.apply(gitRepository(name, repository.url, { interval, timeout: '999999m' }));
    await space.apply(
      kustomization(name, name, {
        interval,
        targetNamespace: space.name,
        namePrefix: `${name}-`,
      }),
    );
    for (const kind of ['GitRepository', 'Kustomization']) {
      await space.untilReady(kind, name);
      const id = workflowId(kind, { namespace: space.name, name });
      const handle = space.temporal.workflow.getHandle(id);
      await expect
        .poll(async () => (await handle.query(explainQuery)).phase, { timeout: 30_000 })
        .toBe('idle');
      const { nextAt = '' } = await handle.query(explainQuery);
      expect(Date.parse(nextAt)).toBeGreaterThan(Date.now() + 50 * 365 * 86_400_000);
    }
  },
);

/** Ready as it is told, once it is False. */
async function refusalOf(kind: string, name: string): Promise<string> {
  const row = await space.untilReady(kind, name, 'False');
  expect(conditionOf(row, 'Stalled')).toMatchObject({ status: 'True', reason: 'InvalidSpec' });
  return conditionOf(row, 'Ready')?.message ?? '';
}
