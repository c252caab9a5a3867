import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { attributes, reconcileUpdate, workflowId } from '../../workflows/messages.ts';
import { gitRepository, kustomization, testNamespace, type TestNamespace } from './cluster.ts';
import { configMap, deployment } from './manifests.ts';
import { testRepository, type TestRepository } from './repository.ts';
import { startSystem } from './system.ts';

/** Records a history of each path of the workflows into test/replay/histories, one for each workflow, trigger and outcome. */
const directory = join(import.meta.dirname, '../replay/histories');
const system = await startSystem(await mkdtemp(join(tmpdir(), 'sluice-record-')));
const space = await testNamespace(system.stack);
const repository = await testRepository();
try {
  await play(space, repository);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await save(space);
} finally {
  await repository.close();
  await space.close();
  await system.stop();
}

async function play(at: TestNamespace, git: TestRepository): Promise<void> {
  const push = async (files: Record<string, string | undefined>): Promise<string> => {
    const revision = `main@sha1:${await git.commit(files)}`;
    await at.signal('GitRepository', 'repo');
    return revision;
  };
  const applied = async (revision: string): Promise<unknown> =>
    at.until('Kustomization', 'app', (row) => row.status.lastAppliedRevision === revision);
  await at.apply(kustomization('app', 'repo', { targetNamespace: at.name, wait: true }));
  await at.untilReady('Kustomization', 'app', 'False');
  await git.commit({ 'a.yaml': configMap('a') });
  await at.apply(gitRepository('repo', git.url));
  await at.untilReady('Kustomization', 'app');
  await applied(await push({ 'b.yaml': configMap('b') }));
  await push({ 'broken.yaml': 'a: [' });
  await at.untilReady('Kustomization', 'app', 'False');
  await applied(await push({ 'broken.yaml': undefined, 'b.yaml': undefined }));
  const app = at.temporal.workflow.getHandle(
    workflowId('Kustomization', { namespace: at.name, name: 'app' }),
  );
  await app.executeUpdate(reconcileUpdate.name, { args: [{ reason: 'recorded' }] });
  await at.patch('Kustomization', 'app', { spec: { suspend: true } });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await at.patch('Kustomization', 'app', { spec: { suspend: false, interval: '4m' } });
  await at.untilReady('Kustomization', 'app');
  // A health wait that a new revision ends.
  await push({ 'web.yaml': deployment('web', { pod: 'unready' }) });
  await at.until('Deployment', 'web', () => true);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await applied(await push({ 'web.yaml': undefined }));
  const invalid = { dependsOn: [{ name: 'other', readyExpr: 'dep.' }] };
  await at.patch('Kustomization', 'app', { spec: invalid });
  await at.untilReady('Kustomization', 'app', 'False');
  await at.patch('Kustomization', 'app', { spec: { dependsOn: null } });
  await at.untilReady('Kustomization', 'app');
  await at.remove('Kustomization', 'app');
  await at.untilGone('Kustomization', 'app');
  await at.patch('GitRepository', 'repo', { spec: { ref: { branch: 'nowhere' } } });
  await at.untilReady('GitRepository', 'repo', 'False');
  await at.patch('GitRepository', 'repo', { spec: { suspend: true } });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await at.remove('GitRepository', 'repo');
  await at.untilGone('GitRepository', 'repo');
  // Visibility is a moment behind.
  await new Promise((resolve) => setTimeout(resolve, 3000));
}

async function save({ temporal, name }: TestNamespace): Promise<void> {
  const query = `SluiceNamespace="${name}"`;
  for await (const run of temporal.workflow.list({ query })) {
    const { typedSearchAttributes: found, workflowId: id, runId, type } = run;
    const parts = [type, found.get(attributes.trigger), found.get(attributes.phase)];
    const history = await temporal.workflow.getHandle(id, runId).fetchHistory();
    const events = history.events?.length ?? 0;
    const json = historyToJSON(history);
    process.stdout.write(`${parts.join('-')}: ${events} events, ${json.length} bytes of JSON\n`);
    await writeFile(join(directory, `${parts.join('-')}.json`), `${json}\n`);
  }
}
