import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { connectCluster } from '../../../activities/cluster/client.ts';
import { historyUrl } from '../../../client/cli/connections.ts';
import { installCrds, registerSearchAttributes } from '../../../client/install.ts';
import { workflowId } from '../../../workflows/messages.ts';
import { startGitServer } from '../git-server.ts';
import { createProgress, stackStatus, startStack, stopStack, type Stack } from '../index.ts';
import { createServices, type Services } from '../services.ts';
import { createWorkingCopy } from '../working-copy.ts';
import { application } from './application.ts';
import { scenes } from './scenes.ts';
import { app, type DemoStage } from './stage.ts';

const { values } = parseArgs({ options: { exit: { type: 'boolean', default: false } } });
const print = (line = ''): void => void process.stdout.write(`${line}\n`);

/** What has to be undone at the end, the last first. */
const undo: (() => Promise<unknown>)[] = [];
const interrupted = new Promise<'interrupted'>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      resolve('interrupted');
    });
  }
});

const playing = demo();
// An interrupted demo goes on failing in the background while its parts are ended; only the first reason counts.
playing.catch(() => undefined);
const code = await Promise.race([playing, interrupted.then(() => 130)]).catch((error: unknown) => {
  print(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
print('\nEnding what the demo started …');
for (const step of undo.reverse()) await step().catch(() => undefined);
process.exit(code === 130 && !values.exit ? 0 : code);

async function demo(): Promise<number> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  undo.push(() => rm(root, { recursive: true, force: true }));
  const stack = await openStack();
  const services = await createServices(stack, { dir: join(root, 'services') });
  undo.push(() => services.stopAll());
  const { stage, url } = await openStage(stack, services, root);
  const results: string[] = [];
  for (const [index, scene] of scenes.entries()) {
    print(`\n${index + 1}. ${scene.title}`);
    const result = await scene.play(stage, url);
    print(`   ✔ ${result}`);
    results.push(`${scene.title}: ${result}`);
  }
  print('\nWhat you saw:');
  for (const result of results) print(`  ✔ ${result}`);
  showWhereToLook(stack);
  if (values.exit) return 0;
  print('\nEverything stays up until Ctrl-C.');
  await interrupted;
  return 0;
}

/** The local stack, never a cluster of the user's own: the demo installs CRDs and namespaces. One that runs already is used and left running. */
async function openStack(): Promise<Stack> {
  const wasRunning = (await stackStatus()).state === 'running';
  const progress = createProgress();
  print('Starting a Kubernetes API with its controllers, and Temporal, on this machine …');
  try {
    if (!wasRunning) undo.push(() => stopStack(undefined, { purge: true }));
    return await startStack({ progress, respectEnvironment: false });
  } finally {
    progress.close();
  }
}

async function openStage(
  stack: Stack,
  services: Services,
  root: string,
): Promise<{ stage: DemoStage; url: string }> {
  const cluster = await connectCluster(stack.kubeconfig);
  const connection = await Connection.connect({ address: stack.temporalAddress });
  undo.push(async () => {
    await cluster.close();
    await connection.close();
  });
  const temporal = new Client({ connection });
  print('Installing the CRDs and search attributes, starting worker and bridge …');
  await installCrds(cluster);
  await registerSearchAttributes(temporal, 'default');
  await Promise.all([services.start('worker'), services.start('bridge')]);
  const repository = await createWorkingCopy(root, 'app-repo');
  const commit = await repository.commit(application(), 'Start the shop');
  const server = await startGitServer({ root: repository.served });
  undo.push(server.close);
  const url = `${server.url}/app-repo.git`;
  print(`A Git repository with a small shop is served at ${url} (${commit.slice(0, 8)})`);
  const say = (line: string): void => {
    print(`   ${line}`);
  };
  return { stage: { cluster, temporal, repository, say }, url };
}

function showWhereToLook(stack: Stack): void {
  const ui = { temporalUiUrl: stack.temporalUiUrl, temporalNamespace: 'default' };
  print('\nLook at it:');
  print(`  sync history   ${historyUrl(ui, workflowId(app.kind, app))}`);
  print(`  all workflows  ${ui.temporalUiUrl ?? ''}/namespaces/default/workflows`);
  print(`  kubectl        ${stack.tools['kubectl'] ?? 'kubectl'} --kubeconfig ${stack.kubeconfig}`);
  print('  sluice         npx sluice history ks app-deployment');
  print('                 npx sluice explain ks app-deployment');
  print('  a reconcile    npx sluice reconcile ks app-deployment --with-source');
}
