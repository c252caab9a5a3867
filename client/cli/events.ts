import type { Command } from 'commander';
import type { Cluster } from '../../activities/cluster/client.ts';
import { withCluster, type GlobalOptions } from './connections.ts';
import { CliError } from './failure.ts';
import { kinds, parseTarget } from './kinds.ts';
import { age, table } from './table.ts';

interface EventsOptions extends GlobalOptions {
  readonly allNamespaces?: boolean;
  readonly for?: string;
}

/** The parts of an event that are shown. */
interface EventRow {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTimestamp?: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly metadata: { readonly namespace: string };
}

/** `sluice events`: the events of sources and Kustomizations, oldest first. */
export function addEvents(program: Command): void {
  program
    .command('events')
    .description('List the events of sources and Kustomizations, oldest first')
    .option('--for <kind/name>', 'of one object')
    .option('-A, --all-namespaces', 'in all namespaces')
    .addHelpText('after', '\nExample:\n  sluice events --for ks/app -n prod\n')
    .action(async (_options, command: Command) => {
      const options: EventsOptions = command.optsWithGlobals();
      const wanted = options.for === undefined ? undefined : parseTarget(options.for, undefined);
      await withCluster(options, async (cluster, namespace) => {
        const all = await eventsOf(cluster, options.allNamespaces ? undefined : namespace);
        const events = all.filter(({ involvedObject: { kind, name } }) =>
          wanted ? kind === wanted[0].kind && name === wanted[1] : known.has(kind),
        );
        if (events.length === 0) {
          throw new CliError('no events', 'add -A for all namespaces; events are kept for an hour');
        }
        process.stdout.write(render(events, options.allNamespaces ?? false));
      });
    });
}

const known = new Set(kinds.map(({ kind }) => kind));

async function eventsOf(cluster: Cluster, namespace: string | undefined): Promise<EventRow[]> {
  const path = namespace ? `/api/v1/namespaces/${namespace}/events` : '/api/v1/events';
  const { items } = await cluster.request<{ items: EventRow[] }>({ method: 'GET', path });
  return items.sort((a, b) => (a.lastTimestamp ?? '').localeCompare(b.lastTimestamp ?? ''));
}

function render(events: readonly EventRow[], everywhere: boolean): string {
  const where = everywhere ? ['namespace'] : [];
  const rows = events.map((event) => [
    ...(everywhere ? [event.metadata.namespace] : []),
    age(event.lastTimestamp),
    event.type,
    event.reason,
    `${event.involvedObject.kind.toLowerCase()}/${event.involvedObject.name}`,
    event.message.replaceAll(/\s+/g, ' '),
  ]);
  return table([...where, 'last seen', 'type', 'reason', 'object', 'message'], rows);
}
