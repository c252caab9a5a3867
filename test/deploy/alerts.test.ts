import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { resolveTool, SILENT } from '../../deploy/dev/index.ts';

const file = join(import.meta.dirname, '../../deploy/dashboards/alerts.yaml');

interface Rule {
  readonly alert: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const { spec } = parse(await readFile(file, 'utf8')) as {
  spec: { groups: { rules: Rule[] }[] };
};
const names = spec.groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));

let dir: string;
let promtool: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-alerts-'));
  promtool = await resolveTool('promtool', SILENT);
  await writeFile(join(dir, 'rules.yaml'), JSON.stringify(spec));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** What promtool says of a file; raises an Error with its words where it finds a fault. */
async function ask(command: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(promtool, [...command], { cwd: dir, env: {} });
  return stdout;
}

/** How many instances of an alert fire after a time, given series in promtool's notation. */
async function firing(alert: string, after: string, series: Series): Promise<number> {
  const input = Object.entries(series).map(([name, values]) => ({ series: name, values }));
  const query = `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`;
  const tests = (value: number): object => ({
    rule_files: ['rules.yaml'],
    evaluation_interval: '30s',
    tests: [
      {
        interval: '30s',
        input_series: input,
        promql_expr_test: [
          { expr: query, eval_time: after, exp_samples: [{ labels: '{}', value }] },
        ],
      },
    ],
  });
  for (let count = 0; count < 3; count++) {
    await writeFile(join(dir, 'test.yaml'), JSON.stringify(tests(count)));
    const passes = await ask(['test', 'rules', 'test.yaml']).then(
      () => true,
      () => false,
    );
    if (passes) return count;
  }
  throw new Error(`promtool finds neither 0, 1 nor 2 firing alerts ${alert}`);
}

type Series = Readonly<Record<string, string>>;

const info = (state: string): string =>
  `sluice_resource_info{kind="Kustomization",exported_namespace="a",name="app",pod="bridge-0",${state}}`;
const queue = 'task_queue="sluice",task_type="workflow"';

/** A series that makes an alert fire, the time after which it does, and a like series that does not. */
const cases: readonly (readonly [alert: string, after: string, bad: Series, good: Series])[] = [
  [
    'SluiceStalled',
    '2m',
    { [info('stalled="True",suspended="false",ready="False",reason="InvalidSpec"')]: '1x100' },
    { [info('stalled="True",suspended="true",ready="False",reason="InvalidSpec"')]: '1x100' },
  ],
  [
    'SluiceNotReady',
    '12m',
    { [info('stalled="False",suspended="false",ready="False",reason="BuildFailed"')]: '1x100' },
    {
      [info('stalled="False",suspended="false",ready="Unknown",reason="Progressing"')]:
        '1x10 stale',
    },
  ],
  [
    'SluiceDriftRepeated',
    '30m',
    { 'sluice_signals_total{trigger="drift",pod="bridge-0"}': '0+5x100' },
    { 'sluice_signals_total{trigger="source",pod="bridge-0"}': '0+5x100' },
  ],
  [
    'SluiceNoWorker',
    '3m',
    { [`sluice_task_queue_pollers{${queue}}`]: '0x100' },
    { [`sluice_task_queue_pollers{${queue}}`]: '0 0 1x100' },
  ],
  [
    'SluiceBacklog',
    '6m',
    { [`sluice_task_queue_backlog_age_seconds{${queue}}`]: '90+30x100' },
    { [`sluice_task_queue_backlog_age_seconds{${queue}}`]: '20x100' },
  ],
  [
    'SluiceTemporalUnreachable',
    '6m',
    { 'sluice_temporal_up{namespace="flux-system",pod="bridge-0"}': '0x100' },
    { 'sluice_temporal_up{namespace="flux-system",pod="bridge-0"}': '1x100' },
  ],
  [
    'SluiceWorkflowTaskFailures',
    '12m',
    {
      'temporal_workflow_task_execution_failed_total{workflow_type="kustomization",failure_reason="NonDeterminismError"}':
        '0+1x100',
    },
    {
      'temporal_workflow_task_execution_failed_total{workflow_type="kustomization",failure_reason="WorkflowError"}':
        '1x100',
    },
  ],
  [
    'SluiceSignalFailures',
    '11m',
    { 'sluice_signal_failures_total{workflow_type="source",pod="bridge-0"}': '0+2x100' },
    { 'sluice_signal_failures_total{workflow_type="source",pod="bridge-0"}': '2x100' },
  ],
  [
    'SluiceWebhookFailures',
    '12m',
    { 'gotk_receiver_http_request_duration_seconds_count{code="400"}': '0+1x100' },
    { 'gotk_receiver_http_request_duration_seconds_count{code="200"}': '0+1x100' },
  ],
];

test('promtool finds no fault with the rules', async () => {
  expect(await ask(['check', 'rules', 'rules.yaml'])).toContain(`${names.length} rules found`);
});

test('every alert is tried', () => {
  expect(cases.map(([alert]) => alert)).toEqual(names);
});

test.each(cases)('%s fires after %s, and only when it should', async (alert, after, bad, good) => {
  expect(await firing(alert, '0s', bad)).toBe(0);
  expect(await firing(alert, after, bad)).toBe(1);
  expect(await firing(alert, after, good)).toBe(0);
});
