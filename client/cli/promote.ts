import type { Command } from 'commander';
import { parseDuration, durationPattern } from '../../api/index.ts';
import { promote } from '../promote.ts';
import { withTemporal, type GlobalOptions } from './connections.ts';
import { CliError } from './failure.ts';

interface PromoteOptions extends GlobalOptions {
  readonly timeout: string;
  readonly force?: boolean;
}

/** `sluice promote DEPLOYMENT BUILD`: makes a version of the workers the current one. */
export function addPromote(program: Command): void {
  program
    .command('promote')
    .description(
      'Make a version of the workers the current one; without a build, those without a version',
    )
    .argument('<deployment>', 'name of the worker deployment in Temporal')
    .argument('[build]', 'build id of the version')
    .option('--timeout <duration>', 'how long its workers may need to come up', '5m')
    .option('--force', "even if they leave out a task queue of the version before's")
    .action(
      async (deploymentName: string, build: string | undefined, _options, command: Command) => {
        const buildId = build ?? '';
        const options: PromoteOptions = command.optsWithGlobals();
        if (!durationPattern.test(options.timeout)) {
          throw new CliError(
            `--timeout ${options.timeout} is no duration`,
            'write one like 90s or 5m',
          );
        }
        const { force = false } = options;
        const how = { timeoutMs: parseDuration(options.timeout), force };
        await withTemporal(options, async (client, { temporalNamespace }) => {
          await promote(client, temporalNamespace, { deploymentName, buildId }, how);
        });
        process.stdout.write(
          `${buildId === '' ? 'no version' : `version ${buildId}`} of ${deploymentName} is the current one\n`,
        );
      },
    );
}
