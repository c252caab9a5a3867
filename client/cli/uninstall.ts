import { createInterface } from 'node:readline/promises';
import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import type { Cluster } from '../../activities/cluster/client.ts';
import { deploymentsOf } from '../check/cluster.ts';
import { endWorkflows, releaseObjects, removeCrds } from '../uninstall.ts';
import { withCluster, withTemporal, type GlobalOptions } from './connections.ts';
import { CliError } from './failure.ts';
import { kinds } from './kinds.ts';
import { objectsOf, type Resource } from './objects.ts';

interface UninstallOptions extends GlobalOptions {
  readonly keepCrds?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `sluice uninstall`: workflows, finalizers and CRDs; what was applied stays as it is. */
export function addUninstall(program: Command): void {
  program
    .command('uninstall')
    .description('Remove workflows, finalizers and CRDs; what was applied stays')
    .option('--keep-crds', 'leave the CRDs and their objects')
    .option('--dry-run', 'only tell what would go')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nWorker and bridge must be gone before:\n  helm uninstall sluice -n flux-system && sluice uninstall\n',
    )
    .action(async (_options, command: Command) => {
      const options: UninstallOptions = command.optsWithGlobals();
      await withCluster(options, async (cluster) => {
        const keepsCrds = await checkOthers(cluster, options.keepCrds ?? false);
        const objects = await all(cluster);
        const fate = keepsCrds ? 'stay, and nobody works on them' : 'go with their CRDs';
        process.stdout.write(
          `${objects.length} objects ${fate}; what they applied stays as it is\n`,
        );
        if (options.dryRun) return;
        if (!options.yes) await askFor('uninstall');
        await withTemporal(options, (client) => remove(client, cluster, objects));
        const crds = keepsCrds ? [] : await removeCrds(cluster);
        for (const name of crds) process.stdout.write(`customresourcedefinition/${name} deleted\n`);
      });
    });
}

/** Who works on the objects now. Raises CliError where our own pods do; where Flux's do, the CRDs are theirs. */
async function checkOthers(cluster: Cluster, keepCrds: boolean): Promise<boolean> {
  const { ours, flux } = await deploymentsOf(cluster);
  const [running] = ours.filter(({ wanted }) => wanted > 0);
  if (running) {
    throw new CliError(
      `Deployment/${running.title} runs, and would start the workflows again`,
      'uninstall its release with helm, or scale it to 0',
    );
  }
  if (flux.length === 0 || keepCrds) return keepCrds;
  process.stdout.write(`the CRDs stay, since Deployment/${flux[0]?.title ?? ''} works with them\n`);
  return true;
}

async function all(cluster: Cluster): Promise<Resource[]> {
  const lists = await Promise.all(
    kinds.filter(({ reconciled }) => reconciled).map((kind) => objectsOf(cluster, kind, undefined)),
  );
  return lists.flatMap((list) => list?.items ?? []);
}

async function remove(
  client: Client,
  cluster: Cluster,
  objects: readonly Resource[],
): Promise<void> {
  const ended = await endWorkflows(client, objects);
  process.stdout.write(`${ended} workflows ended\n`);
  const released = await releaseObjects(cluster, await all(cluster));
  process.stdout.write(`${released} finalizers removed\n`);
  const again = await endWorkflows(client, objects);
  if (again === 0) return;
  throw new CliError(
    `${again} workflows were started again in the meantime`,
    'end worker and bridge, wherever they run, and repeat the command',
  );
}

async function askFor(word: string): Promise<void> {
  if (!process.stdin.isTTY) throw new CliError('nobody is there to ask', 'add --yes');
  const asked = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asked.question(`type ${word} to go on: `);
  asked.close();
  if (answer.trim() !== word) throw new CliError('nothing was removed', `type ${word} to go on`);
}
