import { RE2JS } from 're2js';
import semver from 'semver';
import type { Command } from 'commander';
import { listTags, readManifest } from '../../../activities/fetch/oci/registry.ts';
import { CliError } from '../failure.ts';
import { table } from '../table.ts';
import { remoteOptions, withRemote, type Remote, type RemoteOptions } from './remote.ts';

interface ListOptions extends RemoteOptions {
  readonly filterSemver?: string;
  readonly filterRegex?: string;
}

/** `sluice list artifacts URL`: the tags of a repository, and what they were made from. */
export function addList(program: Command): void {
  const artifacts = program
    .command('list')
    .description('List what is in a registry')
    .command('artifacts')
    .description('List the artifacts of a repository with their origin');
  remoteOptions(artifacts)
    .option('--filter-semver <range>', 'tags in a range of versions')
    .option('--filter-regex <expression>', 'tags that match an expression')
    .addHelpText(
      'after',
      '\nExample:\n  sluice list artifacts oci://ghcr.io/org/app --filter-semver ">=1.0.0"\n',
    )
    .action((url: string, options: ListOptions) =>
      withRemote(url, { ...options, rights: 'pull' }, async (remote) => {
        const tags = (await listTags(remote.session)).filter(filterOf(options));
        if (tags.length === 0)
          throw new CliError(`${url} has no such artifacts`, 'leave a filter out');
        const rows = await Promise.all(tags.slice(0, maxRows).map((tag) => rowOf(remote, tag)));
        process.stdout.write(table(['artifact', 'digest', 'source', 'revision'], rows));
      }),
    );
}

const maxRows = 100;

async function rowOf({ session, repository }: Remote, tag: string): Promise<string[]> {
  const { digest, manifest } = await readManifest(session, tag);
  const { annotations } = manifest;
  const [source = '', revision = ''] = ['source', 'revision'].map(
    (name) => annotations?.[`org.opencontainers.image.${name}`],
  );
  return [`${repository}:${tag}`, digest, source, revision];
}

function filterOf({ filterSemver, filterRegex }: ListOptions): (tag: string) => boolean {
  if (filterSemver !== undefined && semver.validRange(filterSemver) === null) {
    throw new CliError(
      `--filter-semver "${filterSemver}" is no range`,
      'write it like ">=1.0.0 <2"',
    );
  }
  const expression = filterRegex === undefined ? undefined : expressionOf(filterRegex);
  return (tag) =>
    (filterSemver === undefined || semver.satisfies(tag, filterSemver)) &&
    (expression?.matcher(tag).find() ?? true);
}

function expressionOf(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch {
    throw new CliError(
      `--filter-regex "${text}" is no regular expression`,
      'see the syntax of RE2',
    );
  }
}
