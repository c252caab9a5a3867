import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { digestOf, type Descriptor } from './manifest.ts';
import { expectSuccess, type ReadManifest } from './registry.ts';
import { RegistryError } from './registry-error.ts';
import type { Session } from './session.ts';
import type { WireAnswer } from './transport.ts';

/** The media types of Flux's artifacts, by which its tools know them. */
export const fluxTypes = {
  config: 'application/vnd.cncf.flux.config.v1+json',
  content: 'application/vnd.cncf.flux.content.v1.tar+gzip',
} as const;

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Pushes a tar.gz as an artifact as Flux makes them, under a tag; gives the digest of its manifest. Raises RegistryError. */
export async function pushArtifact(
  session: Session,
  tag: string,
  { file, annotations }: { readonly file: string; readonly annotations: Record<string, string> },
): Promise<string> {
  const layer = await pushBlob(session, fluxTypes.content, await readFile(file));
  const config = {
    architecture: '',
    os: '',
    config: {},
    rootfs: { type: 'layers', diff_ids: [await uncompressedDigest(file)] },
  };
  const configBlob = await pushBlob(session, fluxTypes.config, Buffer.from(JSON.stringify(config)));
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: configBlob,
    layers: [layer],
    annotations,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  await pushManifest(session, tag, { mediaType: manifestType, bytes });
  return digestOf(bytes);
}

/** Puts a manifest that was read under another tag of the same repository. Raises RegistryError. */
export async function tagManifest(
  session: Session,
  tag: string,
  { bytes, manifest }: ReadManifest,
): Promise<void> {
  await pushManifest(session, tag, { mediaType: manifest.mediaType ?? manifestType, bytes });
}

/** Uploads bytes unless the repository has them; gives what names them in a manifest. Raises RegistryError. */
export async function pushBlob(
  session: Session,
  mediaType: string,
  bytes: Buffer,
): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  const target = session.path(`blobs/${descriptor.digest}`);
  const known = await session.ask({ method: 'HEAD', target });
  await known.body.dump();
  if (known.statusCode === 200) return descriptor;
  const begun = await session.ask({ method: 'POST', target: session.path('blobs/uploads/') });
  await expectSuccess(begun);
  await begun.body.dump();
  const place = uploadPlace(begun);
  place.searchParams.set('digest', descriptor.digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const done = await session.ask({ method: 'PUT', target: place, headers, body: bytes });
  await expectSuccess(done);
  await done.body.dump();
  return descriptor;
}

/** Puts a manifest under a tag or its digest. Raises RegistryError. */
export async function pushManifest(
  session: Session,
  reference: string,
  { mediaType, bytes }: { readonly mediaType: string; readonly bytes: Buffer },
): Promise<void> {
  const answer = await session.ask({
    method: 'PUT',
    target: session.path(`manifests/${reference}`),
    headers: { 'content-type': mediaType },
    body: bytes,
  });
  await expectSuccess(answer);
  await answer.body.dump();
}

/** Credentials go with the upload, so it has to stay with the registry. */
function uploadPlace({ url, headers }: WireAnswer): URL {
  const location = String(headers['location'] ?? '');
  const place = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (place?.origin === url.origin) return place;
  throw new RegistryError(0, `${url.host} names no place of its own for an upload`);
}

async function uncompressedDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
  return `sha256:${hash.digest('hex')}`;
}
