import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { startPrometheus, type Prometheus } from '../support/prometheus.ts';
import { metricsPort } from '../support/services.ts';
import { openSource } from '../support/space.ts';
import { openWebhooks } from '../support/webhooks.ts';

const directory = join(import.meta.dirname, '../../deploy/dashboards');
const files = (await readdir(directory)).filter((name) => name.endsWith('.json'));

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

let prometheus: Prometheus;

const { space, repository } = await openSource({
  'app/a.yaml': configMap('a'),
  'app/b.yaml': configMap('b'),
  'app/c.yaml': configMap('c'),
  'other/o.yaml': configMap('o'),
});

beforeAll(async () => {
  const dir = inject('serviceDir');
  prometheus = await startPrometheus([
    { port: await metricsPort(dir, 'worker'), pod: 'kustomize-controller-0' },
    { port: await metricsPort(dir, 'bridge'), pod: 'sluice-bridge-0' },
  ]);
  await play();
});

afterAll(async () => {
  await prometheus.close();
});

/** A little of everything that the panels tell of: syncs, a failure, a stalled, a suspended and a parked object, drift, and a webhook. */
async function play(): Promise<void> {
  const post = await openWebhooks(inject('serviceDir'));
  expect(await post('/hook/unknown')).toBe(404);
  const at = { targetNamespace: space.name, retryInterval: '2s' };
  const annotations = { 'sluice.dev/max-deletions': '1' };
  const app = kustomization('app', 'repo', { ...at, path: './app' });
  await space.apply({ ...app, metadata: { ...app.metadata, annotations } });
  await space.apply(kustomization('other', 'repo', { ...at, path: './other' }));
  const dependsOn = [{ name: 'app', readyExpr: 'dep.' }];
  await space.apply(kustomization('stalled', 'repo', { ...at, path: './app', dependsOn }));
  await space.apply(kustomization('paused', 'repo', { ...at, path: './other', suspend: true }));
  await space.apply(kustomization('broken', 'repo', { ...at, path: './missing' }));
  // A request that the API server refuses.
  const postBuild = { substituteFrom: [{ kind: 'ConfigMap', name: 'absent' }] };
  await space.apply(kustomization('lacking', 'repo', { ...at, path: './other', postBuild }));
  await Promise.all(['app', 'other'].map((name) => space.untilReady('Kustomization', name)));
  for (const key of ['one', 'two', 'three']) {
    const commit = await repository.commit({ 'other/o.yaml': configMap('o', { key }) });
    await space.signal('GitRepository', 'repo');
    const revision = `main@sha1:${commit}`;
    await space.until(
      'Kustomization',
      'other',
      (row) => row.status.lastAppliedRevision === revision,
    );
    await space.patch('ConfigMap', 'o', { data: { key: 'by hand' } });
    const restored = (row: object): boolean =>
      (row as { data?: Record<string, string> }).data?.['key'] === key;
    await space.until('ConfigMap', 'o', restored);
  }
  await repository.commit({ 'app/b.yaml': undefined, 'app/c.yaml': undefined });
  await space.signal('GitRepository', 'repo');
  await space.untilReady('Kustomization', 'app', 'False');
}

/** What Grafana puts in place of its variables. */
function filledIn(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '5m')
    .replaceAll(/\$(tenant|cluster|kind|pod)/g, '.*');
}

/** The expressions that give no number by the deadline. */
async function withoutData(expressions: readonly string[]): Promise<string[]> {
  let empty: string[] = [];
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    const found = await Promise.all(
      expressions.map(async (expression) => {
        const samples = await prometheus.query(filledIn(expression));
        return samples.some(({ value: [, text] }) => Number.isFinite(Number(text)));
      }),
    );
    empty = expressions.filter((_, index) => !found[index]);
    if (empty.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return empty;
}

test('there are two dashboards', () => {
  expect(files.sort()).toEqual(['sluice-reconcilers.json', 'sluice-workers.json']);
});

test.each(files)('every panel of %s has data', async (file) => {
  const { panels } = JSON.parse(await readFile(join(directory, file), 'utf8')) as {
    panels: Panel[];
  };
  const shown = panels.filter(({ type }) => type !== 'row');
  const expressionsOf = ({ targets = [] }: Panel): string[] => targets.map(({ expr }) => expr);
  const empty = new Set(await withoutData(shown.flatMap(expressionsOf)));
  const bare = shown.filter((panel) => {
    const expressions = expressionsOf(panel);
    return expressions.length === 0 || expressions.some((expression) => empty.has(expression));
  });
  const told = `${shown.length - bare.length} of ${shown.length} panels have data`;
  expect({ told, empty: [...empty] }).toEqual({
    told: `${shown.length} of ${shown.length} panels have data`,
    empty: [],
  });
});

test('what the dashboards of Flux ask for has data under the same names and labels', async () => {
  const operator = 'namespace="flux-system"';
  const pods = `${operator},pod=~".*-controller-.*"`;
  const kinds = ['kustomization', 'gitrepository'];
  const wanted = [
    `max(workqueue_longest_running_processor_seconds{${pods}})`,
    `sum(rate(rest_client_requests_total{${pods}}[5m]))`,
    `sum(rate(rest_client_requests_total{${operator},code!~"2.."}[5m]))`,
    `rate(process_cpu_seconds_total{${pods}}[5m])`,
    ...kinds.map(
      (kind) =>
        `sum(increase(controller_runtime_reconcile_total{controller="${kind}",${operator}}[5m]))`,
    ),
    ...kinds.map(
      (kind) =>
        `histogram_quantile(0.99, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{controller="${kind}"}[5m])))`,
    ),
    'count(gotk_resource_info{customresource_kind="Kustomization",exported_namespace=~".+"})',
    'count(gotk_resource_info{customresource_kind="Kustomization",ready="False",suspended="false"})',
    'count(gotk_resource_info{customresource_kind="GitRepository",ready="True",url=~"http.+"})',
    `sum by (kind) (rate(gotk_reconcile_duration_seconds_sum{${operator},exported_namespace="${space.name}"}[5m])) / sum by (kind) (rate(gotk_reconcile_duration_seconds_count{${operator},exported_namespace="${space.name}"}[5m]))`,
  ];
  expect(await withoutData(wanted)).toEqual([]);
});

test('the metrics that alerts look at are there, but for those that only a failure makes', async () => {
  const text = await readFile(join(directory, 'alerts.yaml'), 'utf8');
  const looked = new Set(text.match(/\b(sluice|temporal|gotk)_[a-z_]+(?=[{)[])/g));
  expect(looked).toContain('temporal_workflow_task_execution_failed_total');
  looked.delete('temporal_workflow_task_execution_failed_total');
  const missing = async (): Promise<string[]> => {
    const names = await prometheus.names();
    return [...looked].filter((name) => !names.has(name));
  };
  await expect.poll(missing, { timeout: 30_000 }).toEqual([]);
});
