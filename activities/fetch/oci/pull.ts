import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/activity';
import type { OCIRepository } from '../../../api/index.ts';
import { fail } from '../../failures.ts';
import { writeArchive, type Archived } from '../archive.ts';
import { withoutIgnored } from '../ignored-files.ts';
import { filesIn } from '../local-files.ts';
import { unpack } from '../unpack.ts';
import type { Descriptor, Manifest } from './manifest.ts';
import { readManifest, saveBlob } from './registry.ts';
import type { Session } from './session.ts';

/** What of a manifest becomes an artifact, and how. */
export interface PullRules {
  readonly ignore?: string | undefined;
  readonly layerSelector?: NonNullable<OCIRepository['spec']['layerSelector']> | undefined;
}

/** A pulled artifact that is not in the storage yet. */
export interface PulledArtifact extends Archived {
  readonly file: string;
  /** The annotations of the manifest. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Pulls a manifest by its digest and makes the artifact of one layer; `use` gets it, and what it does not move is removed. Raises RegistryError, OCILayerFailed or SourceIgnoreError. */
export async function pullArtifact<T>(
  session: Session,
  { digest, tempDir, rules }: { digest: string; tempDir: string; rules: PullRules },
  use: (pulled: PulledArtifact) => Promise<T>,
): Promise<T> {
  await mkdir(tempDir, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(tempDir, 'oci-'));
  try {
    const manifest = await imageManifest(session, digest);
    const layer = selectLayer(manifest, rules.layerSelector?.mediaType);
    const blob = join(directory, 'layer');
    await saveBlob(session, layer, blob);
    const file = join(directory, 'artifact.tar.gz');
    const archived = await archive(layer, { blob, file, tree: join(directory, 'tree') }, rules);
    return await use({ ...archived, file, metadata: metadataOf(manifest) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The manifest of a tag or digest; of an index the image for Linux on amd64 is meant, as for every client that is told nothing. Raises RegistryError or OCIPullFailed. */
export async function imageManifest(session: Session, digest: string): Promise<Manifest> {
  const { manifest } = await readManifest(session, digest);
  if (!manifest.manifests) return manifest;
  const image = manifest.manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64',
  );
  if (image) return (await readManifest(session, image.digest)).manifest;
  throw fail('OCIPullFailed', `${digest} is an index without an image for linux/amd64`);
}

/** The first layer, or the first of a media type. Raises OCILayerFailed. */
export function selectLayer({ layers }: Manifest, mediaType: string | undefined): Descriptor {
  const found = (layers ?? []).find((layer) => !mediaType || layer.mediaType === mediaType);
  if (found) return found;
  const types = [...new Set((layers ?? []).map((layer) => layer.mediaType))].slice(0, 10);
  const what = mediaType ? `no layer with the media type "${mediaType}"` : 'no layers';
  const has = types.length > 0 ? `: it has ${types.join(', ')}` : '';
  throw fail('OCILayerFailed', `the artifact has ${what}${has}`);
}

interface Places {
  readonly blob: string;
  readonly file: string;
  readonly tree: string;
}

async function archive(
  { digest, size }: Descriptor,
  { blob, file, tree }: Places,
  { ignore, layerSelector }: PullRules,
): Promise<Archived> {
  if (layerSelector?.operation === 'copy') {
    await copyFile(blob, file);
    return { digest, size };
  }
  await mkdir(tree, { mode: 0o700 });
  await unpackLayer(blob, tree);
  return writeArchive(file, await withoutIgnored(await filesIn(tree), ignore));
}

async function unpackLayer(blob: string, tree: string): Promise<void> {
  try {
    await unpack(blob, tree, { leaveOutLinks: true });
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    throw fail('OCILayerFailed', `the layer can not be extracted: ${error.message}`);
  }
}

/** The annotations go into the status of the source, which must stay small. */
function metadataOf({ annotations }: Manifest): Record<string, string> {
  const metadata = annotations ?? {};
  const size = Buffer.byteLength(JSON.stringify(metadata));
  if (size <= maxMetadata) return metadata;
  throw fail(
    'OCILayerFailed',
    `the annotations of the manifest take ${size} bytes, of ${maxMetadata}`,
  );
}

const maxMetadata = 128 * 1024;
