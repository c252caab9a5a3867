import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { readLimited } from './limited.ts';
import {
  digestOf,
  manifestTypes,
  parseManifest,
  type Descriptor,
  type Manifest,
} from './manifest.ts';
import { placeOf, RegistryError } from './registry-error.ts';
import type { Session } from './session.ts';
import type { WireAnswer } from './transport.ts';

/** A manifest as it was read, and what names it. */
export interface ReadManifest {
  readonly digest: string;
  readonly bytes: Buffer;
  readonly manifest: Manifest;
}

/** Limits of what is read from a registry, in bytes. */
export const registryLimits = {
  manifest: 4 * 1024 * 1024,
  layer: 512 * 1024 * 1024,
  /** All pages of a list of tags together. */
  tags: 64 * 1024 * 1024,
} as const;

/** The digest that a tag stands for now, by a request that reads no manifest where the registry tells it in a header. Raises RegistryError. */
export async function digestOfTag(session: Session, tag: string): Promise<string> {
  const target = session.path(`manifests/${tag}`);
  const answer = await session.ask({ method: 'HEAD', target, headers: { accept } });
  await answer.body.dump();
  const told = answer.headers['docker-content-digest'];
  if (answer.statusCode === 200 && typeof told === 'string' && isDigest(told)) return told;
  return (await readManifest(session, tag)).digest;
}

/** Reads the manifest of a tag or a digest; undefined where it is not there. Raises RegistryError, also where its bytes are not those of the digest. */
export async function findManifest(
  session: Session,
  reference: string,
): Promise<ReadManifest | undefined> {
  const target = session.path(`manifests/${reference}`);
  const answer = await session.ask({ method: 'GET', target, headers: { accept } });
  if (answer.statusCode === 404) {
    await answer.body.dump();
    return undefined;
  }
  await expectSuccess(answer);
  const bytes = await readLimited(answer.body, registryLimits.manifest, 'the manifest');
  const digest = digestOf(bytes);
  if (isDigest(reference) && digest !== reference) {
    throw new RegistryError(200, `${placeOf(answer.url)} has the digest ${digest}`);
  }
  try {
    return { digest, bytes, manifest: parseManifest(bytes) };
  } catch (error) {
    throw new RegistryError(200, `${placeOf(answer.url)}: ${messageOf(error)}`);
  }
}

/** The same for what has to be there. */
export async function readManifest(session: Session, reference: string): Promise<ReadManifest> {
  const found = await findManifest(session, reference);
  if (found) return found;
  const { registry, path } = session.repository;
  const joint = isDigest(reference) ? '@' : ':';
  throw new RegistryError(404, `${registry}/${path}${joint}${reference} is not there (HTTP 404)`);
}

/** Saves a blob into a file, verified while it streams. Raises RegistryError, also where it is larger than `maxBytes`. */
export async function saveBlob(
  session: Session,
  blob: Descriptor,
  file: string,
  maxBytes: number = registryLimits.layer,
): Promise<void> {
  const answer = await askForBlob(session, blob, maxBytes);
  const hash = createHash('sha256');
  let size = 0;
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      if (size <= blob.size) done(undefined, chunk);
      else done(new RegistryError(200, `blob ${blob.digest} is larger than its manifest says`));
    },
  });
  try {
    await pipeline(answer.body, measured, createWriteStream(file, { mode: 0o600 }));
  } catch (error) {
    if (error instanceof RegistryError || isTimeout(error)) throw error;
    throw new RegistryError(0, `blob ${blob.digest} broke off: ${messageOf(error)}`);
  }
  verify(`sha256:${hash.digest('hex')}`, blob);
}

/** Reads a small blob whole, verified. Raises RegistryError. */
export async function readBlob(
  session: Session,
  blob: Descriptor,
  maxBytes: number,
): Promise<Buffer> {
  const answer = await askForBlob(session, blob, maxBytes);
  const bytes = await readLimited(answer.body, maxBytes, `blob ${blob.digest}`);
  verify(digestOf(bytes), blob);
  return bytes;
}

/** All tags of the repository, page by page. Raises RegistryError. */
export async function listTags(session: Session): Promise<string[]> {
  const tags: string[] = [];
  let left: number = registryLimits.tags;
  let target: string | URL = session.path('tags/list?n=1000');
  for (;;) {
    const answer: WireAnswer = await session.ask({ method: 'GET', target });
    await expectSuccess(answer);
    const bytes = await readLimited(answer.body, left, 'the list of tags');
    left -= bytes.length;
    const page = tagPage.safeParse(jsonOf(bytes));
    if (!page.success) throw new RegistryError(200, `${placeOf(answer.url)} gives no list of tags`);
    tags.push(...(page.data.tags ?? []));
    const next = nextPage(answer);
    if (!next || (page.data.tags ?? []).length === 0) return tags;
    target = next;
  }
}

/** The manifests that refer to a digest, by the API for that or by the tag that stands in for it. Raises RegistryError. */
export async function listReferrers(session: Session, digest: string): Promise<Descriptor[]> {
  const target = session.path(`referrers/${digest}`);
  const answer = await session.ask({ method: 'GET', target, headers: { accept } });
  if (answer.statusCode === 200) {
    const bytes = await readLimited(answer.body, registryLimits.manifest, 'the list of referrers');
    return parseManifest(bytes).manifests ?? [];
  }
  await answer.body.dump();
  const fallback = await findManifest(session, digest.replace(':', '-'));
  return fallback?.manifest.manifests ?? [];
}

/** Raises RegistryError with the code of the registry's answer where that is no success. Its own words are left out: they could hold what it was shown. */
export async function expectSuccess(answer: WireAnswer): Promise<void> {
  const { statusCode, url, body } = answer;
  if (statusCode >= 200 && statusCode < 300) return;
  const text = await readLimited(body, maxErrorBytes, 'the error').catch(() => Buffer.alloc(0));
  const code = errorBody.safeParse(jsonOf(text)).data?.errors[0]?.code ?? '';
  const words = errorCodes.has(code) ? ` (${code})` : '';
  const advice = statusCode === 401 || statusCode === 403 ? ': check the credentials' : '';
  throw new RegistryError(statusCode, `${placeOf(url)} gives HTTP ${statusCode}${words}${advice}`);
}

const accept = manifestTypes.join(', ');
const maxErrorBytes = 64 * 1024;
const tagPage = z.object({ tags: z.array(z.string()).nullish() });
const errorBody = z.object({ errors: z.array(z.object({ code: z.string().optional() })) });
/** Those of the specification. */
const errorCodes: ReadonlySet<string> = new Set([
  ...['BLOB_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'BLOB_UPLOAD_UNKNOWN', 'DIGEST_INVALID'],
  ...['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_INVALID', 'MANIFEST_UNKNOWN', 'NAME_INVALID'],
  ...['NAME_UNKNOWN', 'SIZE_INVALID', 'UNAUTHORIZED', 'DENIED', 'UNSUPPORTED', 'TOOMANYREQUESTS'],
]);

async function askForBlob(
  session: Session,
  { digest, size }: Descriptor,
  maxBytes: number,
): Promise<WireAnswer> {
  if (size > maxBytes) {
    throw new RegistryError(
      200,
      `blob ${digest} has ${size} bytes, and no more than ${maxBytes} are read`,
    );
  }
  const answer = await session.ask({ method: 'GET', target: session.path(`blobs/${digest}`) });
  await expectSuccess(answer);
  return answer;
}

function verify(found: string, { digest }: Descriptor): void {
  if (found === digest) return;
  throw new RegistryError(200, `blob ${digest} has the digest ${found}: it is not what was pushed`);
}

/** A link to another host would carry the credentials there. */
function nextPage({ headers, url }: WireAnswer): URL | undefined {
  const [, link = ''] = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(headers['link'] ?? '')) ?? [];
  if (link === '' || !URL.canParse(link, url.href)) return undefined;
  const next = new URL(link, url);
  return next.origin === url.origin ? next : undefined;
}

function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
