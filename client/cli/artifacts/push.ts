import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { writeArchive } from '../../../activities/fetch/archive.ts';
import { withoutIgnored } from '../../../activities/fetch/ignored-files.ts';
import { filesIn } from '../../../activities/fetch/local-files.ts';
import { pushArtifact } from '../../../activities/fetch/oci/push.ts';
import { formatTime } from '../../../api/index.ts';
import { CliError } from '../failure.ts';
import { remoteOptions, withRemote, type RemoteOptions } from './remote.ts';

interface PushOptions extends RemoteOptions {
  readonly path: string;
  readonly source: string;
  readonly revision: string;
  readonly annotations: readonly string[];
  readonly ignorePaths?: string;
  readonly reproducible?: boolean;
  readonly output?: 'json' | 'yaml';
}

/** `sluice push artifact URL`: archives files and pushes them, for an OCIRepository to pull. */
export function addPush(program: Command): void {
  const artifact = program
    .command('push')
    .description('Push files to a registry')
    .command('artifact')
    .description('Push a directory or a file as an artifact that an OCIRepository can follow');
  remoteOptions(artifact)
    .requiredOption('-f, --path <path>', 'directory or file that becomes the artifact')
    .requiredOption('--source <url>', 'where the files come from, such as the url of a repository')
    .requiredOption('--revision <revision>', 'what they are, as <branch>@sha1:<commit>')
    .option('-a, --annotations <key=value>', 'annotation of the artifact; may be repeated', add, [])
    .option('--ignore-paths <rules>', 'what is left out, in the syntax of .gitignore, by commas')
    .option('--reproducible', 'the same files make the same digest: no time of creation')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json', 'yaml']))
    .addHelpText(
      'after',
      '\nExample:\n  sluice push artifact oci://ghcr.io/org/app:v1 --path ./deploy --source https://github.com/org/app --revision main@sha1:0123\n',
    )
    .action((url: string, options: PushOptions) => push(url, options));
}

function add(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

async function push(url: string, options: PushOptions): Promise<void> {
  const annotations = annotationsOf(options);
  const directory = await mkdtemp(join(tmpdir(), 'sluice-push-'));
  try {
    const file = join(directory, 'content.tar.gz');
    await writeArchive(file, await filesAt(options));
    await withRemote(url, { ...options, rights: 'pull,push' }, async (remote) => {
      const { session, repository, reference: tag } = remote;
      if (options.output === undefined) process.stdout.write(`► pushing to ${repository}:${tag}\n`);
      const digest = await pushArtifact(session, tag, { file, annotations });
      const pushed = { url: `${repository}:${tag}`, repository, tag, digest };
      process.stdout.write(render(pushed, options));
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function annotationsOf({ annotations, ...options }: PushOptions): Record<string, string> {
  const own = annotations.map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
    throw new CliError(`--annotations "${pair}" is no key=value`, 'write it like team=platform');
  });
  const created = options.reproducible ? new Date(0) : new Date();
  return {
    ...Object.fromEntries(own),
    'org.opencontainers.image.created': formatTime(created),
    'org.opencontainers.image.source': options.source,
    'org.opencontainers.image.revision': options.revision,
  };
}

async function filesAt({ path, ignorePaths }: PushOptions): ReturnType<typeof filesIn> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new CliError(`--path ${path} is not there`, 'name a directory or a file');
  const rules = ignorePaths?.split(',').join('\n');
  if (found.isDirectory()) return withoutIgnored(await filesIn(path), rules);
  const files = await filesIn(dirname(path));
  return files.filter((file) => file.path === basename(path));
}

function render(pushed: Record<string, string>, { output }: PushOptions): string {
  if (output === 'json') return `${JSON.stringify(pushed, undefined, 2)}\n`;
  if (output === 'yaml') return stringify(pushed);
  return `✔ pushed ${pushed['url'] ?? ''}@${pushed['digest'] ?? ''}\n`;
}
