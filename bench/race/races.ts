import type { Row } from '../../test/support/cluster.ts';
import { deployment, configMap } from '../../test/support/manifests.ts';
import { pause } from '../installation.ts';
import type { Running } from './contestants.ts';
import { meter, residentMiB, type Cost } from './cost.ts';
import { member, openCourse, request, type Course } from './course.ts';

/** What one race gave: figures by name (seconds unless the name says otherwise), and what the whole stretch cost. */
export interface Result {
  readonly figures: Readonly<Record<string, number>>;
  readonly costs: Readonly<Record<string, Cost>>;
}

/** How large the races are. */
export interface Sizes {
  readonly many: number;
  readonly chain: number;
  readonly objects: number;
  readonly idleMinutes: number;
}

/** One race, on a contestant that runs. */
export type Race = (running: Running, sizes: Sizes) => Promise<Result>;

/** The races by the name that selects them. */
export const races: Readonly<Record<string, Race>> = { many, drift, chain, fix, large };

/** P1, P2, P6 and P8: many Kustomizations from nothing, a commit that touches one, one that touches none, idling, memory. */
async function many(running: Running, { many: count, idleMinutes }: Sizes): Promise<Result> {
  const names = Array.from({ length: count }, (_, index) => `k${index}`);
  const course = await openCourse(
    running,
    Object.fromEntries(names.map((name) => [`${name}/all.yaml`, application(name)])),
  );
  const figures: Record<string, number> = {};
  const costs: Record<string, Cost> = {};
  const commit = await course.repository.git('rev-parse', 'HEAD');
  costs['cold'] = await measured(course, async () => {
    await course.create(names.map((name) => member(course, name, { interval: '5m' })));
    await course.untilAllReady(commit);
  });
  figures[`P1 cold sync of ${count} x 4 objects`] = costs['cold'].seconds;
  await pause(3000);
  costs['touch one'] = await measured(course, async () => {
    figures[`P2 one of ${count} touched: until applied`] = await touch(
      course,
      `k${count >> 1}`,
      'one',
    );
    await course.untilAllReady(await course.repository.git('rev-parse', 'HEAD'));
  });
  figures[`P2 one of ${count} touched: until all noted it`] = costs['touch one'].seconds;
  const memory = await residentMiB(running.own);
  figures[`P8 memory after it, MiB`] = sum(memory);
  if (idleMinutes > 0) {
    costs['idle'] = await measured(course, () => pause(idleMinutes * 60_000));
    figures[`P6 idle CPU-seconds of its own, an hour`] = perHour(
      costs['idle'],
      costs['idle'].cpu,
      running.own,
    );
    figures[`P6 idle API requests, an hour`] = perHour(costs['idle'], costs['idle'].requests);
  }
  await course.close();
  return { figures, costs };
}

/** P3: a change by hand and a deletion, with an interval of a minute, which is what Flux repairs by. */
async function drift(running: Running): Promise<Result> {
  const course = await openCourse(running, { 'app/all.yaml': configMap('app') });
  await course.create([member(course, 'app', { interval: '1m' })]);
  await course.untilAllReady(await course.repository.git('rev-parse', 'HEAD'));
  await pause(2000);
  const isWhole = (row: Row | undefined): boolean => keyOf(row) === 'value';
  await course.space.patch('ConfigMap', 'app', { data: { key: 'by hand' } });
  const edit = await timed(() => course.untilSeen('ConfigMap', 'app', isWhole));
  await pause(2000);
  await course.space.remove('ConfigMap', 'app');
  const deletion = await timed(() => course.untilSeen('ConfigMap', 'app', isWhole));
  await course.close();
  return {
    figures: {
      'P3 edit repaired, interval 1m': edit,
      'P3 deletion repaired, interval 1m': deletion,
    },
    costs: {},
  };
}

/** P4: a chain of dependencies, all touched by one commit. */
async function chain(running: Running, { chain: length }: Sizes): Promise<Result> {
  const names = Array.from({ length }, (_, index) => `c${index}`);
  const files = (value: string): Record<string, string> =>
    Object.fromEntries(names.map((name) => [`${name}/all.yaml`, configMap(name, { key: value })]));
  const course = await openCourse(running, files('first'));
  const before = (index: number): object =>
    index === 0 ? {} : { dependsOn: [{ name: `c${index - 1}` }] };
  await course.create(
    names.map((name, index) =>
      member(course, name, { wait: true, retryInterval: '5s', ...before(index) }),
    ),
  );
  await course.untilAllReady(await course.repository.git('rev-parse', 'HEAD'));
  await pause(3000);
  const last = names.at(-1) ?? '';
  const seconds = await timed(async () => {
    await course.push(files('second'));
    await course.untilSeen('ConfigMap', last, (row) => keyOf(row) === 'second');
  });
  await course.close();
  return { figures: { [`P4 chain of ${length}: commit to the last applied`]: seconds }, costs: {} };
}

/** P5: a fix is committed while a health check of ten minutes waits. */
async function fix(running: Running): Promise<Result> {
  const course = await openCourse(running, {
    'app/all.yaml': deployment('app', { pod: 'unready' }),
  });
  await course.create([member(course, 'app', { wait: true, timeout: '10m' })]);
  await course.untilSeen('Deployment', 'app', (row) => row !== undefined);
  await pause(5000);
  const seconds = await timed(async () => {
    await course.push({ 'app/all.yaml': deployment('app', { image: 'nginx:2' }) });
    await course.untilSeen('Deployment', 'app', (row) =>
      JSON.stringify(row?.spec).includes('nginx:2'),
    );
  });
  await course.close();
  return { figures: { 'P5 fix committed in a health wait: until applied': seconds }, costs: {} };
}

/** P7: one Kustomization of many objects: from nothing, without news, with one change. */
async function large(running: Running, { objects }: Sizes): Promise<Result> {
  const maps = (value: string): string =>
    Array.from({ length: objects }, (_, index) =>
      configMap(`m${index}`, { key: index === 0 ? value : 'same' }),
    ).join('---\n');
  const course = await openCourse(running, { 'app/all.yaml': maps('first') });
  const figures: Record<string, number> = {};
  const costs: Record<string, Cost> = {};
  const cold = await measured(course, async () => {
    await course.create([member(course, 'app')]);
    await course.untilAllReady(await course.repository.git('rev-parse', 'HEAD'));
  });
  await pause(3000);
  const noop = await measured(course, async () => {
    const asked = await request(course.space, 'Kustomization', 'app');
    await course.untilSeen(
      'Kustomization',
      'app',
      (row) => row?.status.lastHandledReconcileAt === asked,
    );
  });
  await pause(3000);
  const one = await measured(course, async () => {
    await course.untilAllReady(await course.push({ 'app/all.yaml': maps('second') }));
  });
  Object.assign(costs, { cold, noop, one });
  figures[`P7 one of ${objects} objects: cold`] = cold.seconds;
  figures[`P7 one of ${objects} objects: a request without news`] = noop.seconds;
  figures[`P7 one of ${objects} objects: one changed`] = one.seconds;
  await course.close();
  return { figures, costs };
}

/** An application: four kinds that start nothing. */
function application(name: string, value = 'first'): string {
  const account = `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name} }\n`;
  const service = `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: { app: ${name} }, ports: [{ port: 80 }] }\n`;
  const backend = `service: { name: ${name}, port: { number: 80 } }`;
  const ingress = `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: ${name}, annotations: { example.com/value: ${value} } }\nspec: { rules: [{ host: ${name}.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { ${backend} } }] } }] }\n`;
  const workload = deployment(name).replace('replicas: 2', 'replicas: 0');
  return [account, service, ingress, workload].join('---\n');
}

function keyOf(row: Row | undefined): string | undefined {
  return (row?.['data'] as { key?: string } | undefined)?.key;
}

async function touch(course: Course, name: string, value: string): Promise<number> {
  return timed(async () => {
    await course.push({ [`${name}/all.yaml`]: application(name, value) });
    await course.untilSeen('Ingress', name, (row) =>
      JSON.stringify(row?.metadata.annotations ?? {}).includes(`"${value}"`),
    );
  });
}

async function measured(course: Course, work: () => Promise<void>): Promise<Cost> {
  const stop = await meter(course.running, () => course.looks());
  await work();
  return stop();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

function perHour(
  { seconds }: Cost,
  amounts: Readonly<Record<string, number>>,
  of: Readonly<Record<string, unknown>> = amounts,
): number {
  return (
    (sum(Object.fromEntries(Object.keys(of).map((name) => [name, amounts[name] ?? 0]))) * 3600) /
    seconds
  );
}

function sum(amounts: Readonly<Record<string, number>>): number {
  return Object.values(amounts).reduce((total, amount) => total + amount, 0);
}
