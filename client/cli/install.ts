import { Option, type Command } from 'commander';
import { installCrds, registerSearchAttributes } from '../install.ts';
import { withCluster, withTemporal, type GlobalOptions } from './connections.ts';

interface InstallOptions extends GlobalOptions {
  readonly crdsOnly?: boolean;
  readonly searchAttributesOnly?: boolean;
}

/** `sluice install`: CRDs into the cluster, search attributes into Temporal; may be repeated. */
export function addInstall(program: Command): void {
  program
    .command('install')
    .description('Install the CRDs and register the search attributes; safe to repeat')
    .addOption(new Option('--crds-only', 'leave Temporal alone').conflicts('searchAttributesOnly'))
    .option('--search-attributes-only', 'leave the cluster alone')
    .action(async (_options, command: Command) => {
      const options: InstallOptions = command.optsWithGlobals();
      if (!options.searchAttributesOnly) await install(options);
      if (!options.crdsOnly) await register(options);
    });
}

async function install(options: InstallOptions): Promise<void> {
  const crds = await withCluster(options, installCrds);
  for (const name of crds) process.stdout.write(`customresourcedefinition/${name} applied\n`);
}

async function register(options: InstallOptions): Promise<void> {
  await withTemporal(options, async (client, { temporalNamespace }) => {
    const added = await registerSearchAttributes(client, temporalNamespace);
    const words = added.length > 0 ? `registered ${added.join(', ')}` : 'all there already';
    process.stdout.write(`search attributes in ${temporalNamespace}: ${words}\n`);
  });
}
