import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workflowId } from '../workflows/messages.ts';
import {
  gitRepository,
  kustomization,
  testNamespace,
  type Row,
  type TestNamespace,
} from '../test/support/cluster.ts';
import { configMap } from '../test/support/manifests.ts';
import { testRepository, type TestRepository } from '../test/support/repository.ts';
import { startSystem, type TestSystem } from '../test/support/system.ts';

/**
 * Many Kustomizations on one repository, and one of them at a time, on the real stack; beside it `kubectl apply --server-side` of the
 * same objects. Prints a table. Usage: npm run bench [-- COUNT]
 */
const count = Number(process.argv[2] ?? 100);
const objectsEach = 4;
const rounds = 10;

const system = await startSystem(await mkdtemp(join(tmpdir(), 'sluice-bench-')));
const space = await testNamespace(system.stack);
const repository = await testRepository();
const rows: [string, string][] = [];
try {
  await measure({ system, space, repository });
  for (const [name, value] of rows) process.stdout.write(`${name.padEnd(58)} ${value}\n`);
} finally {
  await repository.close();
  await space.close();
  await system.stop();
}

interface Bench {
  readonly system: TestSystem;
  readonly space: TestNamespace;
  readonly repository: TestRepository;
}

async function measure(bench: Bench): Promise<void> {
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
  await untilAllApplied(at);
  rows.push([`cold: ${count} Kustomizations x ${objectsEach} objects`, seconds(cold)]);
  rows.push(['worker memory after it', await memoryOf(bench)]);
  const idle = Date.now();
  await git.commit({ 'README.md': 'no manifest' });
  await at.signal('GitRepository', 'repo');
  await untilAllApplied(at, await git.git('rev-parse', 'HEAD'));
  rows.push([`a commit that touches none, until all have noted it`, seconds(idle)]);
  const one = await commitsToApplied(bench);
  rows.push([`a commit that touches one of ${count}: median of ${rounds}`, median(one)]);
  rows.push(['history of one full sync', await historyOf(at)]);
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

async function untilAllApplied({ cluster, name }: TestNamespace, commit = ''): Promise<void> {
  const path = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${name}/kustomizations`;
  for (const deadline = Date.now() + 600_000; Date.now() < deadline;) {
    const { items } = await cluster.request<{ items: Row[] }>({ method: 'GET', path });
    const done = items.filter(
      ({ status }) => status.lastAppliedRevision?.endsWith(commit) === true,
    );
    if (done.length === count) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('not all Kustomizations were applied in ten minutes');
}

/** Seconds from the push, with the source signalled as a webhook does, until the object has changed in the cluster. */
async function commitsToApplied({ space: at, repository: git }: Bench): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Temporal starts a continued run no sooner than a second after its predecessor; people push more seldom than that.
    await new Promise((resolve) => setTimeout(resolve, 2000));
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
    await untilAllApplied(at, commit);
  }
  return times;
}

async function memoryOf({ system: { services } }: Bench): Promise<string> {
  const status = await readFile(`/proc/${services.pid('worker') ?? 'self'}/status`, 'utf8');
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  return `${Math.round(kilobytes / 1024)} MiB resident`;
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

function median(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const middle =
    ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) +
      (sorted[Math.floor(sorted.length / 2)] ?? 0)) /
    2;
  return `${(middle / 1000).toFixed(2)} s (${((sorted[0] ?? 0) / 1000).toFixed(2)} to ${((sorted.at(-1) ?? 0) / 1000).toFixed(2)})`;
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
