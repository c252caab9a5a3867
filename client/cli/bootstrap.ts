import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';
import { pushFiles, type PushTarget } from '../../activities/fetch/push-files.ts';
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
  readonly privateKeyFile?: string;
  readonly knownHostsFile?: string;
}

/** `sluice bootstrap git`: commits an installation to a repository, starts it, and lets it follow the repository. */
export function addBootstrap(program: Command): void {
  const bootstrap = program
    .command('bootstrap')
    .description('Install from a Git repository that the installation then follows');
  const git = bootstrap
    .command('git')
    .description('Bootstrap from any Git server over https or ssh')
    .requiredOption('--url <url>', 'address of the repository')
    .option('--branch <name>', 'branch', 'main')
    .requiredOption('--path <directory>', 'directory of this cluster in the repository')
    .option('--interval <duration>', 'how often everything is applied again', '10m0s')
    .option('--username <name>', 'user of the repository', 'git')
    .option('--token-file <file>', 'file with a token or password; GIT_PASSWORD where absent')
    .option(
      '--private-key-file <file>',
      'key for an address of ssh; GIT_PASSWORD is its passphrase',
    )
    .option('--known-hosts-file <file>', 'keys of the server of ssh, as ssh-keyscan prints them')
    .addHelpText(
      'after',
      '\nExamples:\n  GIT_PASSWORD=… sluice bootstrap git --url https://git.example.com/fleet --path clusters/prod --set temporal.address=temporal:7233\n  sluice bootstrap git --url ssh://git@git.example.com/fleet --path clusters/prod --private-key-file deploy-key --known-hosts-file known_hosts\n',
    );
  addChartOptions(git).action(async (_options, command: Command) => {
    const options: BootstrapOptions = command.optsWithGlobals();
    await withCluster(options, (cluster) => run(cluster, options));
  });
}

async function run(cluster: Cluster, options: BootstrapOptions): Promise<void> {
  const { namespace = 'flux-system', url, branch, interval, username } = options;
  const path = directoryOf(options.path);
  const credentials = await credentialsOf(options);
  const hasCredentials = Object.keys(credentials.secret).length > 0;
  const target: SyncTarget = { url, branch, path, namespace, interval, hasCredentials };
  const components = await componentsOf(chartOf(namespace, options));
  const { commit, isNew } = await pushFiles(
    { url, branch, username, ...credentials.push },
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
  const secret = hasCredentials ? [secretOf(namespace, credentials.secret)] : [];
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

interface Credentials {
  /** What pushes. */
  readonly push: Pick<PushTarget, 'password' | 'ssh'>;
  /** What the cluster fetches with, by Flux's keys. */
  readonly secret: Record<string, string>;
}

async function credentialsOf(options: BootstrapOptions): Promise<Credentials> {
  const { url, username } = options;
  const password = await passwordOf(options);
  if (/^https?:\/\//.test(url))
    return password === undefined
      ? { push: {}, secret: {} }
      : { push: { password }, secret: { username, password } };
  if (!url.startsWith('ssh://'))
    throw new CliError(
      `${url} is not reached over https or ssh`,
      'write it like https://host/path or ssh://git@host/path',
    );
  const identity = await fileOf(options, 'privateKeyFile', 'the deploy key that may write');
  const knownHosts = await fileOf(options, 'knownHostsFile', 'what ssh-keyscan prints, checked');
  const user = decodeURIComponent(new URL(url).username) || username;
  const title = 'the command line';
  return {
    push: { ssh: { username: user, identity, passphrase: password, knownHosts, title } },
    secret: { identity, known_hosts: knownHosts, ...(password ? { password } : {}) },
  };
}

async function fileOf(
  options: BootstrapOptions,
  name: 'privateKeyFile' | 'knownHostsFile',
  what: string,
): Promise<string> {
  const file = options[name];
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (file) return readFile(file, 'utf8');
  throw new CliError(`${options.url} needs ${flag}`, `name a file with ${what}`);
}

/** Never an argument: those of a command can be read by everybody on the machine. */
async function passwordOf({ tokenFile }: BootstrapOptions): Promise<string | undefined> {
  if (!tokenFile) return readClientSettings(process.env).GIT_PASSWORD;
  return (await readFile(tokenFile, 'utf8')).trim();
}

function secretOf(namespace: string, stringData: Record<string, string>): KubeObject {
  const metadata = { name: namespace, namespace };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData };
}

function say(words: string): void {
  process.stdout.write(`✔ ${words}\n`);
}
