import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workflowId } from '../workflows/messages.ts';
import { gitRepository, kustomization, type TestNamespace } from '../test/support/cluster.ts';
import { configMap } from '../test/support/manifests.ts';
import {
  benchmark,
  median,
  memoryOf,
  pause,
  untilAllApplied,
  type Bench,
  type Measured,
} from './installation.ts';

/**
 * Many Kustomizations on one repository, and one of them at a time, on the real stack; beside it `kubectl apply --server-side` of the
 * same objects. Prints a table. Usage: npm run bench [-- COUNT]
 */
const count = Number(process.argv[2] ?? 100);
const objectsEach = 4;
const rounds = 10;

await benchmark(measure);

async function measure(bench: Bench): Promise<Measured[]> {
  const rows: Measured[] = [];
  const { space: at, repository: git } = bench;
  rows.push([
    `kubectl apply --server-side of ${count * objectsEach} objects`,
    await kubectl(bench),
  ]);
  const files = Array.from({ length: count }, (_, index) => fileOf(index, 'first'));
  await git.commit(Object.fromEntries(files));
  await at.apply(gitRepository('repo', git.url));
  await at.untilReady('GitRepository', 'repo');
  const cold = Date.now();
  for (let index = 0; index < count; index++) {
    const spec = { path: `k${index}`, targetNamespace: at.name };
    await at.apply(kustomization(`k${index}`, 'repo', spec));
  }
  await untilAllApplied(at, count);
  rows.push([`cold: ${count} Kustomizations x ${objectsEach} objects`, seconds(cold)]);
  rows.push(['worker memory after it', await memoryOf(bench.system, 'worker')]);
  const idle = Date.now();
  await git.commit({ 'README.md': 'no manifest' });
  await at.signal('GitRepository', 'repo');
  await untilAllApplied(at, count, await git.git('rev-parse', 'HEAD'));
  rows.push([`a commit that touches none, until all have noted it`, seconds(idle)]);
  const one = await commitsToApplied(bench);
  rows.push([`a commit that touches one of ${count}: median of ${rounds}`, median(one)]);
  rows.push(['history of one full sync', await historyOf(at)]);
  return rows;
}

function fileOf(index: number, value: string): [string, string] {
  const maps = Array.from({ length: objectsEach }, (_, part) =>
    configMap(`k${index}-${part}`, { value: part === 0 ? value : 'same' }),
  );
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
  return seconds(begun);
}

/** Seconds from the push, with the source signalled as a webhook does, until the object has changed in the cluster. */
async function commitsToApplied({ space: at, repository: git }: Bench): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Temporal starts a continued run no sooner than a second after its predecessor; people push more seldom than that.
    await pause(2000);
    const index = (round * 7) % count;
    const value = `round ${round}`;
    const [path, text] = fileOf(index, value);
    const commit = await git.commit({ [path]: text });
    const begun = Date.now();
    await at.signal('GitRepository', 'repo');
    await at.until(
      'ConfigMap',
      `k${index}-0`,
      (row) => (row['data'] as { value: string }).value === value,
    );
    times.push(Date.now() - begun);
    await untilAllApplied(at, count, commit);
  }
  return times;
}

async function historyOf({ temporal, name }: TestNamespace): Promise<string> {
  const id = workflowId('Kustomization', { namespace: name, name: 'k0' });
  const query = `WorkflowId="${id}" AND SluicePhase="applied" AND ExecutionStatus="ContinuedAsNew"`;
  for await (const { runId } of temporal.workflow.list({ query })) {
    const { historyLength, historySize } = await temporal.workflow.getHandle(id, runId).describe();
    return `${historyLength} events, ${historySize ?? 0} bytes`;
  }
  return 'none ended yet';
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
