import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';
import { pushFiles } from '../../activities/fetch/push-files.ts';
import { componentsOf } from '../bootstrap/components.ts';
import { installationFiles, syncObjects, type SyncTarget } from '../bootstrap/sync.ts';
import { applyAll } from '../bootstrap/apply.ts';
import { installCrds } from '../install.ts';
import { readClientSettings } from '../settings.ts';
import { withCluster, type GlobalOptions } from './connections.ts';
import { CliError } from './failure.ts';
import { addChartOptions, chartOf, type ChartOptions } from './install.ts';

interface BootstrapOptions extends GlobalOptions, ChartOptions {
  readonly url: string;
  readonly branch: string;
  readonly path: string;
  readonly interval: string;
  readonly username: string;
  readonly tokenFile?: string;
}

/** `sluice bootstrap git`: commits an installation to a repository, starts it, and lets it follow the repository. */
export function addBootstrap(program: Command): void {
  const bootstrap = program
    .command('bootstrap')
    .description('Install from a Git repository that the installation then follows');
  const git = bootstrap
    .command('git')
    .description('Bootstrap from any Git server over https')
    .requiredOption('--url <url>', 'address of the repository')
    .option('--branch <name>', 'branch', 'main')
    .requiredOption('--path <directory>', 'directory of this cluster in the repository')
    .option('--interval <duration>', 'how often everything is applied again', '10m0s')
    .option('--username <name>', 'user of the repository', 'git')
    .option('--token-file <file>', 'file with a token or password; GIT_PASSWORD where absent')
    .addHelpText(
      'after',
      '\nExamples:\n  GIT_PASSWORD=… sluice bootstrap git --url https://git.example.com/fleet --path clusters/prod --set temporal.address=temporal:7233\n',
    );
  addChartOptions(git).action(async (_options, command: Command) => {
    const options: BootstrapOptions = command.optsWithGlobals();
    await withCluster(options, (cluster) => run(cluster, options));
  });
}

async function run(cluster: Cluster, options: BootstrapOptions): Promise<void> {
  const { namespace = 'flux-system', url, branch, interval, username } = options;
  const path = directoryOf(options.path);
  if (!/^https?:\/\//.test(url))
    throw new CliError(`${url} is not reached over http or https`, 'give the https address');
  const password = await passwordOf(options);
  const hasCredentials = password !== undefined;
  const target: SyncTarget = { url, branch, path, namespace, interval, hasCredentials };
  const components = await componentsOf(chartOf(namespace, options));
  const { commit, isNew } = await pushFiles(
    { url, branch, username, ...(hasCredentials ? { password } : {}) },
    {
      files: installationFiles(target, components),
      message: `Install Sluice in ${path}`,
      author: { name: 'sluice', email: 'sluice@localhost' },
    },
  );
  say(isNew ? `committed ${commit.slice(0, 8)} to ${branch}` : `${branch} holds all of it already`);
  await installCrds(cluster);
  await applyAll(cluster, components);
  say(`components applied in ${namespace}`);
  const secret = hasCredentials ? [credentials(namespace, username, password)] : [];
  for (const object of [...secret, ...syncObjects(target)])
    await serverSideApply(cluster, object, { manager: 'sluice' });
  say(`${namespace} follows ${url}, branch ${branch}, directory ${path}`);
  process.stdout.write(
    '  next: sluice install --search-attributes-only, from where Temporal can be reached\n',
  );
}

/** The directory without `./` and slashes around it; raises CliError where it would leave the repository. */
function directoryOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..') || parts.includes('.git'))
    throw new CliError(
      `--path ${path} is no directory of the repository`,
      'give one like clusters/prod',
    );
  return parts.join('/');
}

/** Never an argument: those of a command can be read by everybody on the machine. */
async function passwordOf({ tokenFile }: BootstrapOptions): Promise<string | undefined> {
  if (!tokenFile) return readClientSettings(process.env).GIT_PASSWORD;
  return (await readFile(tokenFile, 'utf8')).trim();
}

function credentials(namespace: string, username: string, password: string): KubeObject {
  const metadata = { name: namespace, namespace };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { username, password } };
}

function say(words: string): void {
  process.stdout.write(`✔ ${words}\n`);
}
