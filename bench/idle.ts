import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  gitRepository,
  kustomization,
  type Row,
  type TestNamespace,
} from '../test/support/cluster.ts';
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
 * What it costs to watch for drift, and what it gains: many Kustomizations that have nothing to do, and changes by hand to one of them.
 * Their interval is an hour, so that every repair is the watch's. Prints a table. Usage: npx tsx bench/idle.ts [COUNT] [IDLE_MINUTES]
 */
const count = Number(process.argv[2] ?? 100);
const idleMinutes = Number(process.argv[3] ?? 5);
const rounds = 7;
const label = 'kustomize.toolkit.fluxcd.io/name';

await benchmark(measure);

async function measure(bench: Bench): Promise<Measured[]> {
  const rows: Measured[] = [];
  const { space: at, repository: git, system: installed } = bench;
  await git.commit(Object.fromEntries(Array.from({ length: count }, (_, index) => fileOf(index))));
  await at.apply(gitRepository('repo', git.url, { interval: '1h' }));
  await at.untilReady('GitRepository', 'repo');
  for (let index = 0; index < count; index++) {
    const spec = { path: `k${index}`, targetNamespace: at.name, interval: '1h' };
    await at.apply(kustomization(`k${index}`, 'repo', spec));
  }
  await untilAllApplied(at, count);
  rows.push([
    `bridge memory, ${count} Kustomizations x 4 objects`,
    await memoryOf(installed, 'bridge'),
  ]);
  for (const [name, change, isRepaired] of changes(at)) {
    rows.push([
      `${name}: time to repair, median of ${rounds}`,
      median(await repairs(at, change, isRepaired)),
    ]);
  }
  await pause(10_000);
  const withUs = await requestsPerHour(bench, idleMinutes);
  await installed.services.stopAll();
  // Watches that are cut count as requests once they have ended.
  await pause(10_000);
  const without = await requestsPerHour(bench, idleMinutes);
  rows.push([`requests an hour but leases, ${count} idle Kustomizations`, `${withUs}`]);
  rows.push(['the same with worker and bridge stopped', `${without}`]);
  rows.push(['so of our own', `${withUs - without}`]);
  return rows;
}

/** Four kinds, as an application has them. */
function fileOf(index: number): [string, string] {
  const name = `k${index}`;
  const account = `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name} }\n`;
  const secret = `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\nstringData: { a: b }\n`;
  const service = `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { clusterIP: None, ports: [{ port: 80 }] }\n`;
  return [`${name}/all.yaml`, [configMap(name), account, secret, service].join('---\n')];
}

type Change = (name: string) => Promise<void>;
type IsRepaired = (row: Row) => boolean;

function changes(at: TestNamespace): [string, Change, IsRepaired][] {
  const isWhole: IsRepaired = (row) => (row['data'] as { key: string }).key === 'value';
  return [
    ['edit', (name) => at.patch('ConfigMap', name, { data: { key: 'by hand' } }), isWhole],
    ['deletion', (name) => at.remove('ConfigMap', name), isWhole],
    [
      'removed label',
      (name) => at.patch('ConfigMap', name, { metadata: { labels: { [label]: null } } }),
      (row) => row.metadata.labels?.[label] !== undefined,
    ],
  ];
}

/** Each round on an object of its own: what drifts again and again is slowed down. */
async function repairs(
  at: TestNamespace,
  change: Change,
  isRepaired: IsRepaired,
): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const name = `k${(round * 11) % count}`;
    await change(name);
    const begun = Date.now();
    await at.until('ConfigMap', name, isRepaired);
    times.push(Date.now() - begun);
    await pause(1500);
  }
  return times;
}

async function requestsPerHour({ system: { stack } }: Bench, minutes: number): Promise<number> {
  const total = async (): Promise<number> => {
    const args = ['--kubeconfig', stack.kubeconfig, 'get', '--raw', '/metrics'];
    const kubectl = stack.tools['kubectl'] ?? 'kubectl';
    const { stdout } = await promisify(execFile)(kubectl, args, { maxBuffer: 64 * 1024 * 1024 });
    // Leases are what the parts of the cluster renew all the time.
    const lines = stdout.matchAll(/^apiserver_request_total\{(?!.*resource="leases").*\} (\d+)$/gm);
    return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
  };
  const before = await total();
  await pause(minutes * 60_000);
  return Math.round(((await total()) - before) * (60 / minutes));
}
