import { Option, type Command } from 'commander';
import { explainQuery, workflowId, type Explanation } from '../../workflows/messages.ts';
import { historyUrl, withCluster, withTemporal, type GlobalOptions } from './connections.ts';
import { parseTarget, targetArguments } from './kinds.ts';
import { objectOf, type Resource } from './objects.ts';
import { age } from './table.ts';

/** `sluice explain KIND NAME`: what the object's workflow does or waits for, and who can unblock it. */
export function addExplain(program: Command): void {
  targetArguments(program.command('explain'))
    .description('Tell what an object does or waits for, since when, and who can unblock it')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json']))
    .addHelpText('after', '\nExample:\n  sluice explain ks app -n prod\n')
    .action(async (first: string, second: string | undefined, _options, command: Command) => {
      const options: GlobalOptions & { output?: 'json' } = command.optsWithGlobals();
      const [kind, name] = parseTarget(first, second);
      const [namespace, object] = await withCluster(options, async (cluster, own) => [
        own,
        await objectOf(cluster, kind, own, name),
      ]);
      if (kind.byBridge) {
        process.stdout.write(explainByStatus(object, options.output));
        return;
      }
      const id = workflowId(kind.kind, { namespace, name });
      await withTemporal(options, async (client, targets) => {
        const explanation = await client.workflow.getHandle(id).query(explainQuery);
        const json = `${JSON.stringify(explanation, undefined, 2)}\n`;
        const title = `${kind.kind}/${namespace}/${name}`;
        const words = describe(title, explanation, historyUrl(targets, id));
        process.stdout.write(options.output === 'json' ? json : words);
      });
    });
}

/** What the status says, where no workflow has more to say. */
function explainByStatus(object: Resource, output: 'json' | undefined): string {
  const { conditions = [] } = object.status;
  if (output === 'json') return `${JSON.stringify(object.status, undefined, 2)}\n`;
  const rows = conditions.map(({ type, status, reason, message }) => {
    const state = `${type}=${status}`;
    return `${state.padEnd(20)} ${reason}: ${message}`;
  });
  const name = `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  return [name, ...(rows.length > 0 ? rows : ['not looked at yet: does the bridge run?']), ''].join(
    '\n',
  );
}

function describe(title: string, now: Explanation, url: string): string {
  const rows: [string, string | undefined][] = [
    ['Phase', now.phase],
    ['Since', `${now.since} (${age(now.since)})`],
    ['Doing', now.doing],
    ['Trigger', now.trigger],
    ['Because', now.why],
    ['Revision', now.revision],
    ['Waits for', now.awaits],
    ['Next look', now.nextAt],
    ['Who can unblock it', now.unblock],
    ['Last error', now.lastError],
    ['History', url],
  ];
  const lines = rows
    .filter(([, value]) => value)
    .map(([name, value]) => `${`${name}:`.padEnd(20)} ${value ?? ''}`);
  return `${title}\n${lines.join('\n')}\n`;
}
