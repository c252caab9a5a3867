import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workflowId } from '../workflows/messages.ts';
import { gitRepository, kustomization, type TestNamespace } from '../test/support/cluster.ts';
import { configMap } from '../test/support/manifests.ts';
import { benchmark, pause, untilAllApplied, type Bench, type Measured } from './installation.ts';

/**
 * `kubectl apply --server-side` of some objects, which is the floor, and many Kustomizations with as many objects, on the real stack; and
 * how large the history of one of their syncs is. Prints a table. Usage: npx tsx bench/kubectl.ts [COUNT]
 */
const count = Number(process.argv[2] ?? 100);
const objectsEach = 4;

await benchmark(measure);

async function measure(bench: Bench): Promise<Measured[]> {
  const { space: at, repository: git } = bench;
  const plain = await kubectl(bench);
  const files = Array.from({ length: count }, (_, index) => fileOf(index));
  await git.commit(Object.fromEntries(files));
  await at.apply(gitRepository('repo', git.url));
  await at.untilReady('GitRepository', 'repo');
  const begun = Date.now();
  for (let index = 0; index < count; index++) {
    const spec = { path: `k${index}`, targetNamespace: at.name };
    await at.apply(kustomization(`k${index}`, 'repo', spec));
  }
  await untilAllApplied(at, count);
  const cold = seconds(begun);
  await git.commit({ 'k0/all.yaml': `${fileOf(0)[1]}---\n${configMap('more')}` });
  await at.signal('GitRepository', 'repo');
  await at.until('ConfigMap', 'more', () => true);
  return [
    [`kubectl apply --server-side of ${count * objectsEach} objects`, plain],
    [`${count} Kustomizations x ${objectsEach} objects`, cold],
    ['history of one full sync', await historyOf(at)],
  ];
}

function fileOf(index: number): [string, string] {
  const maps = Array.from({ length: objectsEach }, (_, part) => configMap(`k${index}-${part}`));
  return [`k${index}/all.yaml`, maps.join('---\n')];
}

async function kubectl({ system: { stack }, space: { name } }: Bench): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const file = join(directory, 'all.yaml');
  const maps = Array.from({ length: count * objectsEach }, (_, at) => configMap(`plain-${at}`));
  await writeFile(file, maps.join('---\n'));
  const begun = Date.now();
  const args = ['--kubeconfig', stack.kubeconfig, '-n', name, 'apply', '--server-side', '-f', file];
  await promisify(execFile)(stack.tools['kubectl'] ?? 'kubectl', args, { maxBuffer: 10_000_000 });
  const taken = seconds(begun);
  await rm(directory, { recursive: true });
  return taken;
}

/** The run that made the first sync has ended by the second. */
async function historyOf({ temporal, name }: TestNamespace): Promise<string> {
  const id = workflowId('Kustomization', { namespace: name, name: 'k0' });
  const query = `WorkflowId="${id}" AND ExecutionStatus="ContinuedAsNew"`;
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    for await (const { runId } of temporal.workflow.list({ query })) {
      const { historyLength, historySize } = await temporal.workflow
        .getHandle(id, runId)
        .describe();
      return `${historyLength} events, ${historySize ?? 0} bytes`;
    }
    await pause(500);
  }
  return 'none ended yet';
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
