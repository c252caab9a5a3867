import type { Command } from 'commander';
import { readManifest } from '../../../activities/fetch/oci/registry.ts';
import { tagManifest } from '../../../activities/fetch/oci/push.ts';
import { remoteOptions, withRemote, type RemoteOptions } from './remote.ts';

interface TagOptions extends RemoteOptions {
  readonly tag: readonly string[];
}

/** `sluice tag artifact URL --tag TAG`: gives an artifact that is there further tags. */
export function addTag(program: Command): void {
  const artifact = program
    .command('tag')
    .description('Tag what is in a registry')
    .command('artifact')
    .description('Give an artifact further tags');
  remoteOptions(artifact)
    .requiredOption('--tag <tag>', 'the further tag; may be repeated', add)
    .addHelpText(
      'after',
      '\nExample:\n  sluice tag artifact oci://ghcr.io/org/app:v1 --tag latest --tag stable\n',
    )
    .action((url: string, options: TagOptions) =>
      withRemote(url, { ...options, rights: 'pull,push' }, async (remote) => {
        const { session, repository, reference } = remote;
        const found = await readManifest(session, reference);
        for (const tag of options.tag) {
          await tagManifest(session, tag, found);
          process.stdout.write(`✔ ${repository}:${tag}@${found.digest}\n`);
        }
      }),
    );
}

function add(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}
