import { Option, type Command } from 'commander';
import { explainQuery, workflowId, type Explanation } from '../../workflows/messages.ts';
import { historyUrl, withCluster, withTemporal, type GlobalOptions } from './connections.ts';
import { parseTarget, targetArguments } from './kinds.ts';
import { objectOf } from './objects.ts';
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
      const namespace = await withCluster(options, async (cluster, own) => {
        await objectOf(cluster, kind, own, name);
        return own;
      });
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
