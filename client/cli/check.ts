import type { Command } from 'commander';
import { checkCrds } from '../check/crds.ts';
import { checkDeployments, checkRights, checkServer } from '../check/cluster.ts';
import type { Finding } from '../check/finding.ts';
import { checkServer as checkTemporal, checkWorkers, checkWorkflows } from '../check/temporal.ts';
import { taskQueue } from '../../workflows/messages.ts';
import { withCluster, withTemporal, type GlobalOptions } from './connections.ts';
import { explainFailure } from './failure.ts';

interface CheckOptions extends GlobalOptions {
  readonly pre?: boolean;
  readonly taskQueue: readonly string[];
  readonly output?: string;
}

/** `sluice check`: what an installation needs, and whether it is there; exits with 1 where something is not. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .description('Check the cluster, Temporal, CRDs, workers and bridge')
    .option('--pre', 'only what there must be before an installation')
    .option('--task-queue <names...>', 'task queues that workers must poll', [taskQueue])
    .option('-o, --output <format>', 'json')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice check --pre                              can it be installed?\n  sluice check --task-queue sluice sluice-a       are the workers of a shard there?\n',
    )
    .action(async (_options, command: Command) => {
      const options: CheckOptions = command.optsWithGlobals();
      const findings = [...(await inCluster(options)), ...(await inTemporal(options))];
      if (options.output === 'json') process.stdout.write(`${JSON.stringify(findings)}\n`);
      else process.stdout.write(findings.map(inWords).join(''));
      if (findings.some(({ state }) => state === 'fault')) process.exitCode = 1;
    });
}

async function inCluster(options: CheckOptions): Promise<Finding[]> {
  return reached('Kubernetes', () =>
    withCluster(options, async (cluster) => {
      const server = await checkServer(cluster);
      if (server.state === 'fault') return [server];
      if (options.pre) return [server, await checkRights(cluster)];
      return [server, ...(await checkCrds(cluster)), ...(await checkDeployments(cluster))];
    }),
  );
}

async function inTemporal(options: CheckOptions): Promise<Finding[]> {
  return reached('Temporal', () =>
    withTemporal(options, async (client, { temporalNamespace: namespace }) => {
      const server = await checkTemporal(client, namespace);
      if (options.pre || server.some(({ state }) => state === 'fault')) return server;
      const workers = await checkWorkers(client, namespace, options.taskQueue);
      const workflows = await reached('workflows', () =>
        withCluster(options, async (cluster) => [await checkWorkflows(client, cluster)]),
      );
      return [...server, ...workers, ...workflows];
    }),
  );
}

/** Where there is no connection, that is what was found. */
async function reached(title: string, checks: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await checks();
  } catch (error) {
    const [text = '', next = ''] = explainFailure(error).replace('error: ', '').split('\n  next: ');
    return [{ title, state: 'fault', text, ...(next === '' ? {} : { next }) }];
  }
}

const marks = { ok: '✔', warning: '⚠', fault: '✗' } as const;

function inWords({ title, state, text, next }: Finding): string {
  const advice = state === 'ok' || next === undefined ? '' : `  next: ${next}\n`;
  return `${marks[state]} ${title}: ${text}\n${advice}`;
}
