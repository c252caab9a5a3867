import { InvalidArgumentError, Option, type Command } from 'commander';
import { stringify } from 'yaml';
import type { Cluster } from '../../activities/cluster/client.ts';
import { suspensionAnnotations } from '../../activities/cluster/suspension.ts';
import { shortRevision } from '../../workflows/schedule.ts';
import { withCluster, type GlobalOptions } from './connections.ts';
import { CliError } from './failure.ts';
import { kindNamed, kinds, type Kind } from './kinds.ts';
import { objectsOf, readyOf, type Resource } from './objects.ts';
import { age, table } from './table.ts';

interface GetOptions extends GlobalOptions {
  readonly allNamespaces?: boolean;
  readonly output?: 'json' | 'yaml' | 'wide';
  readonly watch?: boolean;
}

/** `sluice get KIND [NAME]`: the objects and whether they are ready. */
export function addGet(program: Command): void {
  program
    .command('get')
    .description('List objects of a kind, or of all kinds')
    .argument('<kind>', 'kustomization, gitrepository, …, or all', parseKinds)
    .argument('[name]', 'one object only')
    .option('-A, --all-namespaces', 'in all namespaces')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json', 'yaml', 'wide']))
    .option('-w, --watch', 'stay and print every change')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice get ks -A\n  sluice get gitrepo app-repo -o yaml\n  sluice get ks --watch\n',
    )
    .action(async (wanted: readonly Kind[], name: string | undefined, _, command: Command) => {
      const options: GetOptions = command.optsWithGlobals();
      await withCluster(options, (cluster, namespace) =>
        get(cluster, { wanted, name, namespace, options }),
      );
    });
}

interface Request {
  readonly wanted: readonly Kind[];
  readonly name: string | undefined;
  readonly namespace: string;
  readonly options: GetOptions;
}

function parseKinds(text: string): readonly Kind[] {
  if (text.toLowerCase() === 'all') return kinds;
  try {
    return [kindNamed(text)];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

async function get(cluster: Cluster, request: Request): Promise<void> {
  const { wanted, options } = request;
  const found: Resource[] = [];
  const watches: Promise<void>[] = [];
  for (const kind of wanted) {
    const list = await listOf(cluster, kind, request);
    found.push(...(list?.items ?? []));
    if (list && options.watch) watches.push(watch(cluster, list, request));
  }
  if (found.length === 0 && !options.watch) throw nothingFound(request);
  process.stdout.write(render(found, request));
  await Promise.all(watches);
}

async function listOf(
  cluster: Cluster,
  kind: Kind,
  { name, namespace, options }: Request,
): ReturnType<typeof objectsOf> {
  const list = await objectsOf(cluster, kind, options.allNamespaces ? undefined : namespace);
  if (!list) return undefined;
  const items = list.items.filter(({ metadata }) => !name || metadata.name === name);
  return { ...list, items };
}

function nothingFound({ wanted, name, namespace, options }: Request): CliError {
  const [first] = wanted;
  const what = wanted.length === 1 ? (first?.kind ?? '') : 'object';
  const place = options.allNamespaces ? 'any namespace' : `namespace ${namespace}`;
  const next = options.allNamespaces ? 'apply one, see the README' : 'add -A for all namespaces';
  return new CliError(`no ${what}${name ? ` named ${name}` : ''} in ${place}`, next);
}

async function watch(
  cluster: Cluster,
  { path, resourceVersion }: { path: string; resourceVersion: string },
  { name, options }: Request,
): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
  });
  try {
    for await (const { type, object } of cluster.watch(path, { resourceVersion }, stop.signal)) {
      if (type === 'ERROR' || type === 'BOOKMARK') continue;
      if (name && object.metadata.name !== name) continue;
      const row = rowOf({ spec: {}, status: {}, ...object }, options);
      const cells = type === 'DELETED' ? [...row.slice(0, -1), 'deleted'] : row;
      process.stdout.write(`${cells.join('  ')}\n`);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
}

function render(found: readonly Resource[], { name, options }: Request): string {
  const whole =
    name && found.length === 1 ? found[0] : { apiVersion: 'v1', kind: 'List', items: found };
  if (options.output === 'json') return `${JSON.stringify(whole, undefined, 2)}\n`;
  if (options.output === 'yaml') return stringify(whole);
  return table(
    headersOf(options),
    found.map((object) => rowOf(object, options)),
  );
}

function headersOf(options: GetOptions): string[] {
  return columnsOf(options).map(([header]) => header);
}

function rowOf(object: Resource, options: GetOptions): string[] {
  return columnsOf(options).map(([, cell]) => cell(object));
}

type Column = readonly [header: string, cell: (object: Resource) => string];

function columnsOf({ allNamespaces, output }: GetOptions): Column[] {
  const where: Column[] = [['namespace', ({ metadata }) => metadata.namespace ?? '']];
  return [...(allNamespaces ? where : []), ...columns, ...(output === 'wide' ? wide : []), message];
}

const columns: readonly Column[] = [
  ['name', ({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`],
  ['revision', ({ status }) => shortRevision(revisionOf(status))],
  ['suspended', suspendedOf],
  ['ready', (object) => readyOf(object)?.status ?? 'Unknown'],
  ['age', ({ metadata }) => age(metadata.creationTimestamp)],
];

const wide: readonly Column[] = [['source', ({ spec }) => sourceOf(spec)]];

const message: Column = [
  'message',
  (object) => (readyOf(object)?.message ?? 'not looked at yet').replaceAll(/\s+/g, ' '),
];

function suspendedOf({ spec, metadata }: Resource): string {
  if (!spec.suspend) return 'False';
  const until = metadata.annotations?.[suspensionAnnotations.until];
  return until === undefined ? 'True' : `until ${until}`;
}

function revisionOf({ lastAppliedRevision, artifact }: Resource['status']): string {
  return lastAppliedRevision ?? artifact?.revision ?? '';
}

function sourceOf({ sourceRef, url }: Resource['spec']): string {
  return sourceRef ? `${sourceRef.kind}/${sourceRef.name}` : (url ?? '');
}
