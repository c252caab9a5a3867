import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '../deploy/dev/services.ts';
import { testNamespace, type Row, type TestNamespace } from '../test/support/cluster.ts';
import { testRepository, type TestRepository } from '../test/support/repository.ts';
import { startSystem, type TestSystem } from '../test/support/system.ts';

/** An installation that is measured, with a namespace and a repository. */
export interface Bench {
  readonly system: TestSystem;
  readonly space: TestNamespace;
  readonly repository: TestRepository;
}

/** One line of the table: what was measured, and how it came out. */
export type Measured = readonly [name: string, value: string];

/** Brings an installation up, prints what `measure` found as a table, and ends everything. */
export async function benchmark(measure: (bench: Bench) => Promise<Measured[]>): Promise<void> {
  const system = await startSystem(await mkdtemp(join(tmpdir(), 'sluice-bench-')));
  const space = await testNamespace(system.stack);
  const repository = await testRepository();
  try {
    const rows = await measure({ system, space, repository });
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, value] of rows) process.stdout.write(`${name.padEnd(width)}  ${value}\n`);
  } finally {
    await repository.close();
    await space.close();
    await system.stop();
  }
}

/** Waits until `count` Kustomizations have applied a revision that ends like this; raises an Error after ten minutes. */
export async function untilAllApplied(
  { cluster, name }: TestNamespace,
  count: number,
  commit = '',
): Promise<void> {
  const path = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${name}/kustomizations`;
  for (const deadline = Date.now() + 600_000; Date.now() < deadline;) {
    const { items } = await cluster.request<{ items: Partial<Row>[] }>({ method: 'GET', path });
    const done = items.filter(({ status }) => status?.lastAppliedRevision?.endsWith(commit));
    if (done.length === count) return;
    await pause(200);
  }
  throw new Error('not all Kustomizations were applied in ten minutes');
}

/** Resident memory of a service, such as `520 MiB resident`. */
export async function memoryOf({ services }: TestSystem, service: ServiceName): Promise<string> {
  const status = await readFile(`/proc/${services.pid(service) ?? 'self'}/status`, 'utf8');
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  return `${Math.round(kilobytes / 1024)} MiB resident`;
}

/** Median and range of times in milliseconds, such as `0.67 s (0.42 to 1.08)`. */
export function median(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (index: number): number => sorted[Math.floor(index)] ?? 0;
  const middle = (at((sorted.length - 1) / 2) + at(sorted.length / 2)) / 2;
  const [low, mid, high] = [at(0), middle, at(sorted.length - 1)].map((ms) =>
    (ms / 1000).toFixed(2),
  );
  return `${mid ?? ''} s (${low ?? ''} to ${high ?? ''})`;
}

/** Resolves after some milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
