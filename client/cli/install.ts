import { Option, type Command } from 'commander';
import { componentsOf, type ComponentsOptions } from '../bootstrap/components.ts';
import { installCrds, registerSearchAttributes } from '../install.ts';
import { withCluster, withTemporal, type GlobalOptions } from './connections.ts';

/** What a command takes that renders the chart. */
export interface ChartOptions {
  readonly helm: string;
  readonly values: readonly string[];
  readonly set: readonly string[];
}

interface InstallOptions extends GlobalOptions, ChartOptions {
  readonly crdsOnly?: boolean;
  readonly searchAttributesOnly?: boolean;
  readonly export?: boolean;
}

/** `sluice install`: CRDs into the cluster, search attributes into Temporal; may be repeated. With `--export` it prints an installation in the cluster. */
export function addInstall(program: Command): void {
  const install = program
    .command('install')
    .description('Install the CRDs and register the search attributes; safe to repeat')
    .addOption(new Option('--crds-only', 'leave Temporal alone').conflicts('searchAttributesOnly'))
    .option('--search-attributes-only', 'leave the cluster alone')
    .option('--export', 'print the manifests of worker, bridge, CRDs and rights; install nothing');
  addChartOptions(install).action(async (_options, command: Command) => {
    const options: InstallOptions = command.optsWithGlobals();
    if (options.export) {
      const { namespace = 'flux-system' } = options;
      process.stdout.write(await componentsOf(chartOf(namespace, options)));
      return;
    }
    if (!options.searchAttributesOnly) await installInto(options);
    if (!options.crdsOnly) await register(options);
  });
}

/** The options by which the chart is rendered. */
export function addChartOptions(command: Command): Command {
  return command
    .option('--helm <file>', 'helm, which renders the chart', 'helm')
    .option('--values <files...>', 'files with values of the chart', [])
    .option('--set <name=value...>', 'values of the chart', []);
}

/** What is rendered by such options. */
export function chartOf(namespace: string, { helm, values, set }: ChartOptions): ComponentsOptions {
  return { namespace, helm, values, set };
}

async function installInto(options: InstallOptions): Promise<void> {
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
