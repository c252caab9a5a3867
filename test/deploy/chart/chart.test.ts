import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, expect, test } from 'vitest';
import type { KubeObject } from '../../../activities/cluster/object.ts';
import { readCommandLine } from '../../../client/command-line.ts';
import { BridgeSettings } from '../../../client/bridge/settings.ts';
import { readSettings } from '../../../client/service-settings.ts';
import { WorkerSettings } from '../../../worker/settings.ts';
import { valuesMatrix, wrongValues } from '../../support/chart-values.ts';
import { chartDirectory, openHelm } from '../../support/helm.ts';
import { containersOf, podsOf } from '../../support/pods.ts';

const helm = await openHelm();
afterAll(() => helm.close());

function named(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

test('the chart has no fault that helm finds', async () => {
  const { code, stdout } = await helm.run('lint', '--strict', chartDirectory);
  expect(stdout).toContain('0 chart(s) failed');
  expect(code).toBe(0);
});

test.each(Object.entries(valuesMatrix))('with %s every object is whole', async (_title, values) => {
  const objects = await helm.render(values);
  const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  expect(new Set(names).size).toBe(names.length);
  for (const object of objects) {
    expect(object.apiVersion).toMatch(/v\d/);
    expect(JSON.stringify(object)).not.toContain('<no value>');
  }
});

test.each(Object.entries(valuesMatrix))(
  'with %s worker and bridge understand their command lines',
  async (_title, values) => {
    for (const object of await helm.render(values)) {
      for (const { command = [], args = [] } of containersOf(object)) {
        const schema = schemas[command.at(-1) ?? ''];
        if (!schema) continue;
        const read = readCommandLine(args, schema);
        if (read.help !== undefined) throw new Error('a pod would print the help');
        expect(() => readSettings<object>(schema, read.settings)).not.toThrow();
      }
    }
  },
);

const schemas: Record<string, typeof WorkerSettings | typeof BridgeSettings> = {
  'worker/main.js': WorkerSettings,
  'client/bridge/main.js': BridgeSettings,
};

test.each(wrongValues)('the values %j are refused by name', async (values, at) => {
  await expect(helm.render(values)).rejects.toThrow(at);
});

test('a password can not get into a manifest: credentials are names of Secrets', async () => {
  const { temporal = {} } = parse(
    await readFile(join(chartDirectory, 'values.yaml'), 'utf8'),
  ) as Record<string, Record<string, object>>;
  expect(Object.keys(temporal['apiKey'] ?? {})).toEqual(['existingSecret', 'key']);
  expect(Object.keys(temporal['tls'] ?? {})).not.toContain('key');
});

test('every pod carries the labels by which the flux command line finds it', async () => {
  const objects = await helm.render({ shards: [{ name: 'a' }] });
  const deployments = objects.filter(({ kind }) => kind === 'Deployment');
  expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([
    'test-sluice-bridge',
    'test-sluice-bridge-a',
    'test-sluice-worker',
    'test-sluice-worker-a',
  ]);
  for (const deployment of deployments) {
    expect(deployment.metadata.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'flux' });
    for (const { name } of containersOf(deployment)) expect(name).toBe('manager');
  }
});

test('pods of a shard have its task queue and its objects, those of the main one all others', async () => {
  const objects = await helm.render({ shards: [{ name: 'a' }] });
  const argsOf = (name: string): readonly string[] =>
    containersOf(named(objects, 'Deployment', name))[0]?.args ?? [];
  expect(argsOf('test-sluice-worker-a')).toContain('--task-queue=sluice-a');
  expect(argsOf('test-sluice-bridge-a')).toEqual(
    expect.arrayContaining([
      '--task-queue=sluice-a',
      '--watch-label-selector=sharding.fluxcd.io/key=a',
    ]),
  );
  expect(argsOf('test-sluice-bridge')).toEqual(
    expect.arrayContaining([
      '--task-queue=sluice',
      '--watch-label-selector=!sharding.fluxcd.io/key',
    ]),
  );
});

test.each([
  [{ worker: { replicas: 0 } }, 0],
  [{ worker: { replicas: 3 } }, 3],
  [{ worker: { autoscaling: { enabled: true } } }, undefined],
])('with %j the number of workers is %s', async (values, replicas) => {
  const worker = named(await helm.render(values), 'Deployment', 'test-sluice-worker');
  expect((worker['spec'] as { replicas?: number }).replicas).toBe(replicas);
});

test('lockdown is one value: no cluster-admin, and every rule that narrows tenants', async () => {
  const objects = await helm.render({ lockdown: true });
  expect(JSON.stringify(objects)).not.toContain('cluster-admin');
  expect(containersOf(named(objects, 'Deployment', 'test-sluice-worker'))[0]?.args).toEqual(
    expect.arrayContaining([
      '--no-cross-namespace-refs=true',
      '--no-remote-bases=true',
      '--default-service-account=default',
    ]),
  );
  const { rules } = named(objects, 'ClusterRole', 'test-sluice-flux-system-worker') as unknown as {
    rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  };
  for (const { apiGroups, resources, verbs } of rules) {
    expect([...apiGroups, ...verbs]).not.toContain('*');
    if (resources.includes('*')) expect(apiGroups.join()).toMatch(/^([a-z.]+\.fluxcd\.io,?)+$/);
  }
});

test('pods leave a worker the time in which it hands its work back', async () => {
  for (const { spec, name } of podsOf(await helm.render({}))) {
    if (name.endsWith('worker')) expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(15);
  }
});

test('README.md lists every value with its default', async () => {
  const text = await readFile(join(chartDirectory, 'README.md'), 'utf8');
  const readme = text.replaceAll(/ +/g, ' ');
  const values = parse(await readFile(join(chartDirectory, 'values.yaml'), 'utf8')) as object;
  const rows = rowsOf(values);
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
  const told = [...readme.matchAll(/^\| `([\w.]+)` /gm)].map(([, path]) => path);
  expect(told).toEqual(rows.map((row) => row.split('`')[1]));
});

/** A row for every value that is no map with fields. */
function rowsOf(values: object, at = ''): string[] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) => {
    const path = at === '' ? name : `${at}.${name}`;
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isMap && Object.keys(value).length > 0 && !closed.has(name)) return rowsOf(value, path);
    return [`| \`${path}\` | \`${JSON.stringify(value)}\` |`];
  });
}

/** Maps that are given as a whole. */
const closed = new Set(['resources', 'labels', 'podDisruptionBudget', 'serviceAccount']);
