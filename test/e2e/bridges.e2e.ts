import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  gitRepository,
  kustomization,
  testNamespace,
  type TestNamespace,
} from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';

let space: TestNamespace;
let repository: TestRepository;
let second: ChildProcess;

beforeAll(async () => {
  space = await testNamespace();
  repository = await testRepository();
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL('../../client/bridge/main.ts', import.meta.url));
  second = spawn(process.execPath, ['--import', loader, program], {
    env: {
      PATH: process.env['PATH'] ?? '',
      KUBECONFIG: inject('kubeconfig'),
      TEMPORAL_ADDRESS: inject('temporalAddress'),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve) => {
    second.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('bridge runs')) resolve();
    });
  });
});

afterAll(async () => {
  second.kill();
  await repository.close();
  await space.close();
});

test('two bridges at once do no harm: a commit is one sync', async () => {
  await repository.commit({ 'a.yaml': configMap('a') });
  await space.apply(gitRepository('repo', repository.url));
  await space.apply(kustomization('app', 'repo', { targetNamespace: space.name }));
  await space.untilReady('Kustomization', 'app');
  const commit = await repository.commit({ 'a.yaml': configMap('a', { key: 'new' }) });
  await space.signal('GitRepository', 'repo');
  const revision = `main@sha1:${commit}`;
  await space.until(
    'Kustomization',
    'app',
    ({ status }) => status.lastAppliedRevision === revision,
  );
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const query = `SluiceNamespace="${space.name}" AND SluiceName="app" AND SluiceRevision="${revision}"`;
  const { count } = await space.temporal.workflow.count(query);
  expect(count).toBe(1);
});
