import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killPart, restartPart } from '../../deploy/dev/index.ts';
import { workflowId } from '../../workflows/messages.ts';
import {
  gitRepository,
  kustomization,
  testNamespace,
  type Row,
  type TestNamespace,
} from '../support/cluster.ts';
import { configMap, deployment } from '../support/manifests.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';
import { installOn, startSystem, type TestSystem } from '../support/system.ts';

let system: TestSystem;
let space: TestNamespace;
let repository: TestRepository;

/** Enough objects that a stage can be caught in the middle. */
const count = 120;
let version = 0;

beforeAll(async () => {
  system = await startSystem(await mkdtemp(join(tmpdir(), 'sluice-outage-')));
  space = await testNamespace(system.stack);
  repository = await testRepository();
  await repository.commit(files(0));
  await space.apply(gitRepository('repo', repository.url));
  await space.apply(kustomization('app', 'repo', { targetNamespace: space.name, wait: true }));
  await space.untilReady('Kustomization', 'app', 'True', 180_000);
});

afterAll(async () => {
  await repository.close();
  await space.close();
  await system.stop();
});

/** Every version changes each object, adds two of its own and drops the two of the version before. */
function files(now: number): Record<string, string> {
  const kept = Array.from({ length: count }, (_, at) => configMap(`c-${at}`, { key: `${now}` }));
  const own = Array.from({ length: 40 }, (_, at) => configMap(`v${now}-${at}`));
  return {
    'all.yaml': [...kept, ...own].join('---\n'),
    'web.yaml': deployment('web', { image: `nginx:1.${now}` }),
  };
}

async function pushNext(others: Record<string, string> = {}): Promise<string> {
  version++;
  return `main@sha1:${await repository.commit({ ...files(version), ...others })}`;
}

/** Waits until the activity of a stage is under way; the server is asked, which a busy worker does not hold up. */
async function untilStage(stage: string): Promise<void> {
  const handle = space.temporal.workflow.getHandle(
    workflowId('Kustomization', { namespace: space.name, name: 'app' }),
  );
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    const { raw } = await handle.describe();
    if (raw.pendingActivities?.some(({ activityType }) => activityType?.name === stage)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`the sync was never seen in ${stage}`);
}

/** The cluster holds exactly the current version, the inventory says the same, and each object was written once. */
async function expectExact(revision: string): Promise<void> {
  const app = await space.until(
    'Kustomization',
    'app',
    (row) => row.status.lastAppliedRevision === revision,
    150_000,
  );
  const { items } = await space.cluster.request<{ items: Row[] }>({
    method: 'GET',
    path: `/api/v1/namespaces/${space.name}/configmaps`,
    query: { labelSelector: 'kustomize.toolkit.fluxcd.io/name=app' },
  });
  const ids = items.map(({ metadata }) => `${space.name}_${metadata.name}__ConfigMap`);
  const inventory = app.status.inventory?.entries.map(({ id }) => id) ?? [];
  expect([...ids, `${space.name}_web_apps_Deployment`].sort()).toEqual([...inventory].sort());
  expect(items).toHaveLength(count + 40);
  const shared = items.filter(({ metadata }) => metadata.name.startsWith('c-'));
  expect(shared.filter((row) => !isCurrent(row))).toEqual([]);
  const web = (await space.get('Deployment', 'web')) as Row;
  expect(web.metadata.generation).toBe(version + 1);
}

function isCurrent(row: Row): boolean {
  return (row['data'] as { key: string }).key === `${version}`;
}

test.each(['fetch', 'render', 'apply', 'health', 'prune'])(
  'a worker that is killed in %s loses nothing and writes nothing twice',
  async (stage) => {
    // Enough to unpack that the first stage can be seen at all; it compresses badly, and no manifest is in it.
    const ballast = { 'ballast.txt': randomBytes(6_000_000).toString('base64') };
    const revision = await pushNext(stage === 'fetch' ? ballast : {});
    const caught = untilStage(stage);
    await space.signal('GitRepository', 'repo');
    await caught;
    await system.services.stop('worker', 'SIGKILL');
    await system.services.start('worker');
    await expectExact(revision);
  },
);

test('a push while the bridge is dead is followed when it is back', async () => {
  await system.services.stop('bridge', 'SIGKILL');
  const revision = await pushNext();
  await space.signal('GitRepository', 'repo');
  await space.until('GitRepository', 'repo', (row) => row.status.artifact?.revision === revision);
  await system.services.start('bridge');
  await expectExact(revision);
});

test.each([
  ['deleted', () => space.remove('ConfigMap', 'c-0')],
  ['changed', () => space.patch('ConfigMap', 'c-0', { data: { key: 'by hand' } })],
])('an object that is %s while the bridge is dead is mended with it', async (_, change) => {
  await system.services.stop('bridge', 'SIGKILL');
  await change();
  await system.services.start('bridge');
  // The interval, five minutes, has no part in it.
  await space.until('ConfigMap', 'c-0', isCurrent, 60_000);
  const after = (await space.get('Kustomization', 'app')) as Row;
  await expectExact(after.status.lastAppliedRevision ?? '');
});

test('an API server that is killed during an apply is waited for', async () => {
  const revision = await pushNext();
  const caught = untilStage('apply');
  await space.signal('GitRepository', 'repo');
  await caught;
  await killPart(system.stack.dir, 'kube-apiserver');
  await restartPart(system.stack.dir, 'kube-apiserver');
  await expectExact(revision);
});

test('a Temporal server that is killed during an apply goes on where it was', async () => {
  const revision = await pushNext();
  const caught = untilStage('apply');
  await space.signal('GitRepository', 'repo');
  await caught;
  await killPart(system.stack.dir, 'temporal');
  await restartPart(system.stack.dir, 'temporal');
  await expectExact(revision);
});

test('a lost Temporal database costs timing, and nothing in the cluster changes', async () => {
  const before = (await space.get('Kustomization', 'app')) as Row;
  const object = await space.get('ConfigMap', 'c-0');
  await system.services.stopAll();
  await restartPart(system.stack.dir, 'temporal', { deleteData: true });
  await installOn(system.stack);
  await Promise.all([system.services.start('worker'), system.services.start('bridge')]);
  const ids = [
    workflowId('Kustomization', { namespace: space.name, name: 'app' }),
    workflowId('GitRepository', { namespace: space.name, name: 'repo' }),
  ];
  for (const id of ids) {
    await expect
      .poll(
        async () => {
          const description = await space.temporal.workflow
            .getHandle(id)
            .describe()
            .catch(() => undefined);
          return description?.status.name;
        },
        { timeout: 60_000 },
      )
      .toBe('RUNNING');
  }
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const after = (await space.get('Kustomization', 'app')) as Row;
  expect(after.status.inventory).toEqual(before.status.inventory);
  const same = await space.get('ConfigMap', 'c-0');
  expect(same?.metadata.resourceVersion).toBe(object?.metadata.resourceVersion);
  await expectExact(before.status.lastAppliedRevision ?? '');
  const revision = await pushNext();
  await space.signal('GitRepository', 'repo');
  await expectExact(revision);
});
