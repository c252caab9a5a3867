import type { Command } from 'commander';
import { installCrds, registerSearchAttributes } from '../install.ts';
import { withCluster, withTemporal, type GlobalOptions } from './connections.ts';

/** `sluice install`: CRDs into the cluster, search attributes into Temporal; may be repeated. */
export function addInstall(program: Command): void {
  program
    .command('install')
    .description('Install the CRDs and register the search attributes; safe to repeat')
    .action(async (_options, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      const crds = await withCluster(options, installCrds);
      for (const name of crds) process.stdout.write(`customresourcedefinition/${name} applied\n`);
      await withTemporal(options, async (client, { temporalNamespace }) => {
        const added = await registerSearchAttributes(client, temporalNamespace);
        const words = added.length > 0 ? `registered ${added.join(', ')}` : 'all there already';
        process.stdout.write(`search attributes in ${temporalNamespace}: ${words}\n`);
      });
    });
}
