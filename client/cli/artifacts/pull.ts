import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { imageManifest, selectLayer } from '../../../activities/fetch/oci/pull.ts';
import { saveBlob } from '../../../activities/fetch/oci/registry.ts';
import { unpack } from '../../../activities/fetch/unpack.ts';
import { CliError } from '../failure.ts';
import { remoteOptions, withRemote, type RemoteOptions } from './remote.ts';

interface PullOptions extends RemoteOptions {
  readonly output: string;
}

/** `sluice pull artifact URL`: pulls an artifact and extracts it into an empty directory. */
export function addPull(program: Command): void {
  const artifact = program
    .command('pull')
    .description('Pull files from a registry')
    .command('artifact')
    .description('Pull an artifact and extract it');
  remoteOptions(artifact)
    .requiredOption('-o, --output <directory>', 'empty directory that the files go to')
    .addHelpText(
      'after',
      '\nExample:\n  sluice pull artifact oci://ghcr.io/org/app:v1 --output ./app\n',
    )
    .action((url: string, options: PullOptions) => pull(url, options));
}

async function pull(url: string, options: PullOptions): Promise<void> {
  await mkdir(options.output, { recursive: true });
  if ((await readdir(options.output)).length > 0) {
    throw new CliError(`${options.output} is not empty`, 'name a new directory');
  }
  const directory = await mkdtemp(join(tmpdir(), 'sluice-pull-'));
  try {
    await withRemote(url, { ...options, rights: 'pull' }, async ({ session, reference }) => {
      const manifest = await imageManifest(session, reference);
      const layer = selectLayer(manifest, undefined);
      const file = join(directory, 'layer');
      await saveBlob(session, layer, file);
      const { files } = await unpack(file, options.output, { leaveOutLinks: true });
      const revision = manifest.annotations?.['org.opencontainers.image.revision'];
      const origin = revision ? `, made from ${revision}` : '';
      process.stdout.write(`✔ ${files} files in ${options.output}${origin}\n`);
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
