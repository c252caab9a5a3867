import type { Client } from '@temporalio/client';
import { Option, type Command } from 'commander';
import { workflowId } from '../../workflows/messages.ts';
import { shortRevision } from '../../workflows/schedule.ts';
import {
  historyUrl,
  withCluster,
  withTemporal,
  type GlobalOptions,
  type Targets,
} from './connections.ts';
import { CliError } from './failure.ts';
import { parseTarget, targetArguments } from './kinds.ts';
import { changesOfRun } from './run-changes.ts';
import { syncFilter, type SyncFilter, type SyncFilterOptions } from './sync-filter.ts';
import { syncOf, type Sync } from './sync.ts';
import { table, took } from './table.ts';

interface HistoryOptions extends GlobalOptions, SyncFilterOptions {
  readonly limit: string;
  readonly output?: 'json';
}

/** `sluice history KIND NAME`: the syncs that match, newest first, as far back as Temporal's retention reaches. */
export function addHistory(program: Command): void {
  targetArguments(program.command('history'))
    .description('List the syncs of an object, newest first, with their page in Temporal UI')
    .option('--revision <revision>', 'of a revision: its begin, or the begin of its hash')
    .option('--outcome <outcome>', 'that ended so: applied, failed, parked, canceled, waiting, …')
    .option('--trigger <trigger>', 'brought about by: spec, source, interval, request, …')
    .option('--since <when>', 'begun since: a time, a date, or a duration back')
    .option('--until <when>', 'begun until: a time, a date, or a duration back')
    .option('--object <kind/ns/name>', 'that created, configured or deleted this object')
    .option('--limit <count>', 'how many of those that match', '20')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json']))
    .addHelpText('after', examples)
    .action(async (first: string, second: string | undefined, _options, command: Command) => {
      const options: HistoryOptions = command.optsWithGlobals();
      const [{ kind }, name] = parseTarget(first, second);
      const limit = limitOf(options);
      const namespace = await withCluster(options, (_cluster, own) => Promise.resolve(own));
      const id = workflowId(kind, { namespace, name });
      const filter = syncFilter(id, options);
      await withTemporal(options, async (client, targets) => {
        const { syncs, unsure } = await find({ client, targets, filter, limit });
        if (unsure > 0) process.stderr.write(unsureInWords(unsure, filter));
        if (syncs.length === 0) throw nothingFound(id, options);
        process.stdout.write(
          options.output === 'json'
            ? `${JSON.stringify(syncs, undefined, 2)}\n`
            : render(syncs, historyUrl(targets, id)),
        );
      });
    });
}

const examples = `
Examples:
  sluice history ks app -n prod
  sluice history ks app --outcome failed --since 7d
  sluice history ks app --revision 1f3a9c2 -o json
  sluice history ks app --object Deployment/prod/backend-api
`;

function limitOf({ limit }: HistoryOptions): number {
  if (/^[1-9]\d{0,5}$/.test(limit)) return Number(limit);
  throw new CliError(`--limit "${limit}" is no count`, 'write a number from 1 up');
}

interface Search {
  readonly client: Client;
  readonly targets: Targets;
  readonly filter: SyncFilter;
  readonly limit: number;
}

/** The syncs that match, and how many may match but do not name all that they changed. */
async function find({
  client,
  targets,
  filter,
  limit,
}: Search): Promise<{ syncs: Sync[]; unsure: number }> {
  const syncs: Sync[] = [];
  let unsure = 0;
  for await (const run of client.workflow.list({ query: filter.query })) {
    const sync = syncOf(run, targets);
    if (!filter.hasRevision(sync.revision)) continue;
    const seen = filter.object === undefined ? {} : await lookFor(client, run, sync, filter.object);
    if (seen === 'unsure') unsure++;
    else if (seen) syncs.push({ ...sync, ...seen });
    if (syncs.length >= limit) break;
  }
  return { syncs, unsure };
}

async function lookFor(
  client: Client,
  run: { workflowId: string; runId: string },
  { changes }: Sync,
  object: string,
): Promise<Pick<Sync, 'object'> | 'unsure' | undefined> {
  if (changes === 'no changes') return undefined;
  const { byObject, complete } = await changesOfRun(client, run);
  const change = byObject.get(object.toLowerCase());
  if (change) return { object: change };
  return complete ? undefined : 'unsure';
}

function unsureInWords(unsure: number, { object = '' }: SyncFilter): string {
  const syncs = unsure === 1 ? '1 sync' : `${unsure} syncs`;
  return `${syncs} changed more objects than a run names, ${object} may be among them\n`;
}

function nothingFound(id: string, options: HistoryOptions): CliError {
  const filters = ['revision', 'outcome', 'trigger', 'since', 'until', 'object'] as const;
  const used = filters.filter((name) => options[name] !== undefined);
  if (used.length > 0) {
    const names = used.map((name) => `--${name}`).join(', ');
    return new CliError(`no sync of ${id} matches`, `leave out one of ${names}`);
  }
  return new CliError(
    `no sync of ${id} is remembered`,
    'see with sluice get that the object is there, and that bridge and worker run',
  );
}

function render(syncs: readonly Sync[], url: string): string {
  const headers = ['when', 'revision', 'trigger', 'why', 'changes', 'took', 'outcome', 'page'];
  const rows = syncs.map((sync) => [
    sync.when,
    shortRevision(sync.revision),
    sync.trigger,
    shortWords(sync.why),
    sync.object ?? sync.changes,
    sync.durationMs === undefined ? '' : took(sync.durationMs),
    outcomeInWords(sync),
    sync.url,
  ]);
  return `${table(headers, rows)}${url ? `\nall syncs: ${url}\n` : ''}`;
}

function outcomeInWords({ outcome, reason }: Sync): string {
  return reason === '' || goodReasons.has(reason) ? outcome : `${outcome} ${reason}`;
}

const goodReasons = new Set(['ReconciliationSucceeded', 'Succeeded', 'Deleted']);

function shortWords(why: string): string {
  const words = shortRevision(why).replaceAll(/\s+/g, ' ');
  return words.length > 50 ? `${words.slice(0, 49)}…` : words;
}
