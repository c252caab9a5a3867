import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { Option, type Command } from 'commander';
import { attributes, workflowId } from '../../workflows/messages.ts';
import { shortRevision } from '../../workflows/schedule.ts';
import {
  historyUrl,
  runUrl,
  withCluster,
  withTemporal,
  type GlobalOptions,
  type Targets,
} from './connections.ts';
import { CliError } from './failure.ts';
import { parseTarget, targetArguments } from './kinds.ts';
import { table, took } from './table.ts';

interface HistoryOptions extends GlobalOptions {
  readonly limit: string;
  readonly output?: 'json';
}

/** One sync as its run in Temporal tells it. */
interface Sync {
  readonly when: string;
  readonly revision: string;
  readonly trigger: string;
  readonly changes: string;
  readonly duration: string;
  readonly outcome: string;
  readonly message: string;
  /** What others had changed, where that is why it ran. */
  readonly drift: string;
  readonly url: string;
}

/** `sluice history KIND NAME`: every sync, newest first, as far back as Temporal's retention reaches. */
export function addHistory(program: Command): void {
  targetArguments(program.command('history'))
    .description('List the syncs of an object, newest first, with their page in Temporal UI')
    .option('--limit <count>', 'how many', '20')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json']))
    .addHelpText(
      'after',
      '\nExamples:\n  sluice history ks app -n prod\n  sluice history ks/app -o json\n',
    )
    .action(async (first: string, second: string | undefined, _options, command: Command) => {
      const options: HistoryOptions = command.optsWithGlobals();
      const [{ kind }, name] = parseTarget(first, second);
      const namespace = await withCluster(options, (_cluster, own) => Promise.resolve(own));
      await withTemporal(options, (client, targets) =>
        history(client, targets, workflowId(kind, { namespace, name }), options),
      );
    });
}

async function history(
  client: Client,
  targets: Targets,
  id: string,
  { limit, output }: HistoryOptions,
): Promise<void> {
  const syncs: Sync[] = [];
  for await (const run of client.workflow.list({ query: `WorkflowId="${id}"` })) {
    syncs.push(syncOf(run, targets));
    if (syncs.length >= Number(limit)) break;
  }
  if (syncs.length === 0) {
    throw new CliError(
      `no sync of ${id} is remembered`,
      'see with sluice get that the object is there, and that bridge and worker run',
    );
  }
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(syncs, undefined, 2)}\n`);
    return;
  }
  const headers = ['when', 'revision', 'trigger', 'changes', 'took', 'outcome', 'page'];
  const rows = syncs.map((sync) => [
    sync.when,
    sync.revision,
    sync.trigger,
    sync.changes,
    sync.duration,
    sync.outcome,
    sync.url,
  ]);
  process.stdout.write(table(headers, rows));
  const url = historyUrl(targets, id);
  if (url) process.stdout.write(`\nall syncs: ${url}\n`);
}

function syncOf(run: WorkflowExecutionInfo, targets: Targets): Sync {
  const memo = run.memo ?? {};
  const keyword = (name: 'revision' | 'trigger' | 'reason' | 'phase'): string =>
    run.typedSearchAttributes.get(attributes[name]) ?? '';
  const ms = memo['durationMs'];
  return {
    when: run.startTime.toISOString().replace(/\.\d+Z$/, 'Z'),
    revision: shortRevision(keyword('revision')),
    trigger: keyword('trigger'),
    changes: text(memo['changes']),
    duration: typeof ms === 'number' ? took(ms) : '',
    outcome: keyword('reason') || keyword('phase'),
    message: text(memo['message']),
    drift: text(memo['drift']),
    url: runUrl(targets, run.workflowId, run.runId),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
