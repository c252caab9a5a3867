import { Option, type Command } from 'commander';
import { differencesOf } from '../diff/differences.ts';
import type { ObjectDifference } from '../diff/preview.ts';
import { withCluster, type GlobalOptions } from './connections.ts';
import { CliError, explainFailure } from './failure.ts';
import { parseTarget, targetArguments } from './kinds.ts';

interface DiffOptions extends GlobalOptions {
  readonly path?: string;
  readonly output?: 'json';
}

/** `sluice diff KIND NAME`: what the next sync would change; exits with 1 where that is something, and with 2 on an error. */
export function addDiff(program: Command): void {
  targetArguments(program.command('diff'))
    .description('Show what the next sync would change; exits with 1 when it would, 2 on an error')
    .option('--path <dir>', 'a local directory in place of spec.path of the artifact')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json']))
    .addHelpText(
      'after',
      '\nExamples:\n  sluice diff ks app -n prod\n  sluice diff ks app --path ./apps/production\n',
    )
    .action(async (first: string, second: string | undefined, _options, command: Command) => {
      const options: DiffOptions = command.optsWithGlobals();
      try {
        const [{ kind }, name] = parseTarget(first, second);
        if (kind !== 'Kustomization') {
          throw new CliError(`${kind} has no objects of its own`, 'sluice diff ks NAME');
        }
        const found = await withCluster(options, (cluster, namespace) =>
          differencesOf(cluster, { namespace, name }, options.path),
        );
        const json = `${JSON.stringify(found, undefined, 2)}\n`;
        process.stdout.write(options.output === 'json' ? json : found.map(inWords).join(''));
        if (found.length > 0) process.exitCode = 1;
      } catch (error) {
        process.stderr.write(`${explainFailure(error)}\n`);
        process.exitCode = 2;
      }
    });
}

/** A difference as lines for people, `► Kind/namespace/name change` and its fields below. */
export function inWords({ title, change, fields }: ObjectDifference): string {
  const lines = fields.flatMap(({ path, before, after }) => [
    `  ${path}`,
    ...(before === undefined ? [] : [`    - ${before}`]),
    ...(after === undefined ? [] : [`    + ${after}`]),
  ]);
  return [`► ${title} ${change}`, ...lines, ''].join('\n');
}
