import type { Command } from 'commander';
import type { Cluster } from '../../activities/cluster/client.ts';
import { compareAll, type Comparison } from '../adopt/compare.ts';
import { restartController, setReportOnly, stopController, untilQuiet } from '../adopt/handover.ts';
import { withCluster, withTemporal, type GlobalOptions } from './connections.ts';
import { inWords } from './diff.ts';
import { CliError } from './failure.ts';
import { kinds, kindNamed, type Kind } from './kinds.ts';
import { objectsOf, type Resource } from './objects.ts';

interface AdoptOptions extends GlobalOptions {
  readonly dryRun?: boolean;
  readonly back?: boolean;
  readonly force?: boolean;
  readonly fluxNamespace: string;
}

/** `sluice adopt`: compares what Sluice would do with what Flux did, takes over from Flux's controllers, or gives back to them. */
export function addAdopt(program: Command): void {
  program
    .command('adopt')
    .description("Take over from Flux's controllers, or give back to them")
    .option('--dry-run', 'only compare what both would apply; nothing is written')
    .option('--force', 'take over in spite of differences')
    .option('--back', 'give everything back to Flux')
    .option('--flux-namespace <name>', "namespace of Flux's controllers", 'flux-system')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice adopt --dry-run   would anything change?\n  sluice adopt             Flux stops, Sluice goes on where it was\n  sluice adopt --back      Sluice only reports, Flux goes on\n',
    )
    .action(async (_options, command: Command) => {
      const options: AdoptOptions = command.optsWithGlobals();
      await withCluster(options, async (cluster) => {
        const objects = {
          kustomizations: await all(cluster, [kindNamed('Kustomization')], options.namespace),
          sources: await all(cluster, ownSources, options.namespace),
        };
        if (options.back) return giveBack(cluster, objects, options);
        const differing = await compare(cluster, objects.kustomizations);
        if (options.dryRun) return;
        if (differing > 0 && !options.force) {
          throw new CliError(
            `${differing} Kustomizations would change, or can not be compared; nothing was taken over`,
            'mend what is listed above, or add --force',
          );
        }
        return takeOver(cluster, objects, options);
      });
    });
}

interface Objects {
  readonly kustomizations: readonly Resource[];
  readonly sources: readonly Resource[];
}

/** The sources whose artifacts Sluice makes itself. */
const ownSources = kinds.filter(({ kind, reconciled }) => reconciled && kind !== 'Kustomization');

async function all(
  cluster: Cluster,
  wanted: readonly Kind[],
  namespace: string | undefined,
): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  for (const kind of wanted) {
    found.push(...((await objectsOf(cluster, kind, namespace))?.items ?? []));
  }
  return found;
}

async function compare(cluster: Cluster, kustomizations: readonly Resource[]): Promise<number> {
  let differing = 0;
  for await (const comparison of compareAll(cluster, kustomizations)) {
    process.stdout.write(describe(comparison));
    if (comparison.fault !== undefined || comparison.differences.length > 0) differing++;
  }
  const same = kustomizations.length - differing;
  process.stdout.write(`${same} of ${kustomizations.length} Kustomizations stay as they are\n`);
  // As with diff: whoever runs this in a script wants to know.
  if (differing > 0) process.exitCode = 1;
  return differing;
}

function describe({ title, objects, differences, fault, ready }: Comparison): string {
  if (fault !== undefined) return `✗ ${title}: can not be compared: ${fault}\n`;
  if (differences.length === 0) return `✔ ${title}: ${objects} objects, no difference\n`;
  const note = ready ? '' : ' (Flux is not done with it either)';
  const lines = differences.map(inWords).join('').trimEnd().replaceAll('\n', '\n  ');
  return `✗ ${title}: ${differences.length} differences${note}\n  ${lines}\n`;
}

/** First Flux stops, then Sluice begins: at no moment two of them work on one object. */
async function takeOver(
  cluster: Cluster,
  { kustomizations, sources }: Objects,
  { fluxNamespace, namespace }: AdoptOptions,
): Promise<void> {
  await stop(cluster, fluxNamespace, 'kustomize-controller');
  const others = await sourcesOfFlux(cluster, namespace);
  if (others.length === 0) {
    await stop(cluster, fluxNamespace, 'source-controller');
    await setReportOnly(cluster, sources, false);
  } else {
    await setReportOnly(cluster, sources, true);
    process.stdout.write(
      `source-controller goes on, since it makes the artifacts of ${others.join(', ')}; Sluice reads all artifacts from it\n`,
    );
  }
  await setReportOnly(cluster, kustomizations, false);
  process.exitCode = 0;
  process.stdout.write(`${kustomizations.length} Kustomizations taken over\n`);
}

async function giveBack(
  cluster: Cluster,
  { kustomizations, sources }: Objects,
  options: AdoptOptions,
): Promise<void> {
  const { fluxNamespace } = options;
  await setReportOnly(cluster, [...kustomizations, ...sources], true);
  await withTemporal(options, (client) => untilQuiet(client, [...kustomizations, ...sources]));
  for (const name of ['source-controller', 'kustomize-controller']) {
    const words = (await restartController(cluster, fluxNamespace, name))
      ? 'runs again'
      : 'was not stopped by sluice adopt, and is left as it is';
    process.stdout.write(`Deployment/${fluxNamespace}/${name} ${words}\n`);
  }
  process.stdout.write(`${kustomizations.length} Kustomizations given back\n`);
}

async function stop(cluster: Cluster, namespace: string, name: string): Promise<void> {
  const words = (await stopController(cluster, namespace, name)) ? 'stopped' : 'is not there';
  process.stdout.write(`Deployment/${namespace}/${name} ${words}\n`);
}

/** Kinds of sources in use whose artifacts Sluice does not make itself. */
async function sourcesOfFlux(cluster: Cluster, namespace: string | undefined): Promise<string[]> {
  const names: string[] = [];
  for (const kind of kinds) {
    if (kind.reconciled || kind.kind === 'ExternalArtifact') continue;
    const list = await objectsOf(cluster, kind, namespace);
    if (list && list.items.length > 0) names.push(`${list.items.length} ${kind.kind}`);
  }
  return names;
}
