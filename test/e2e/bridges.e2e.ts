import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, expect, inject, test } from 'vitest';
import { gitRepository, kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSpace } from '../support/space.ts';
import { mainShard } from '../support/stack.ts';

const { space, repository } = await openSpace();
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const program = fileURLToPath(new URL('../../client/bridge/main.ts', import.meta.url));
const second = spawn(process.execPath, ['--import', loader, program], {
  env: {
    PATH: process.env['PATH'] ?? '',
    KUBECONFIG: inject('kubeconfig'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    SLUICE_WATCH_LABEL_SELECTOR: mainShard,
    SLUICE_METRICS_ADDR: '0',
    SLUICE_HEALTH_ADDR: '0',
    SLUICE_RECEIVER_ADDR: '0',
  },
  stdio: ['ignore', 'ignore', 'pipe'],
});
await new Promise<void>((resolve) => {
  second.stderr.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('bridge runs')) resolve();
  });
});
afterAll(() => second.kill());

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
