import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveTool, SILENT } from '../../deploy/dev/index.ts';
import { freePort } from '../../deploy/dev/stack/ports.ts';

/** What Prometheus scrapes, with the labels that a PodMonitor gives a pod. */
export interface ScrapeTarget {
  readonly port: number;
  readonly pod: string;
}

/** A sample of the answer to a query; the value is a number as Prometheus writes it. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A real Prometheus that runs until it is closed. */
export interface Prometheus {
  /** Raises an Error with Prometheus's own words where the query is wrong. */
  query(expression: string): Promise<readonly Sample[]>;
  /** Names of all metrics that were scraped. */
  names(): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

/** Starts Prometheus on a free port; it scrapes the targets every second, as pods of the namespace flux-system. */
export async function startPrometheus(targets: readonly ScrapeTarget[]): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-prometheus-'));
  const port = await freePort();
  const file = await resolveTool('prometheus', SILENT);
  await writeFile(join(dir, 'prometheus.yaml'), JSON.stringify(configOf(targets)));
  const args = [
    `--config.file=${join(dir, 'prometheus.yaml')}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(file, args, { stdio: 'ignore', env: {} });
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const body = (await answer.json()) as { status: string; error?: string; data: unknown };
    if (body.status !== 'success') throw new Error(body.error);
    return body.data;
  };
  const prometheus: Prometheus = {
    async query(expression) {
      const found = await ask(`query?query=${encodeURIComponent(expression)}`);
      return (found as { result: Sample[] }).result;
    },
    async names() {
      return new Set((await ask('label/__name__/values')) as string[]);
    },
    async close() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
      await rm(dir, { recursive: true, force: true });
    },
  };
  for (const deadline = Date.now() + 60_000; ;) {
    const found = await prometheus.query('up == 1').catch(() => []);
    if (found.length === targets.length) return prometheus;
    if (Date.now() > deadline || child.exitCode !== null) {
      await prometheus.close();
      throw new Error(`prometheus scrapes ${found.length} of ${targets.length} targets`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** JSON is YAML too. */
function configOf(targets: readonly ScrapeTarget[]): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [
      {
        job_name: 'sluice',
        static_configs: targets.map(({ port, pod }) => ({
          targets: [`127.0.0.1:${port}`],
          labels: { namespace: 'flux-system', pod },
        })),
      },
    ],
  };
}
