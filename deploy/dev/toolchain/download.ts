import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import type { Download } from './release.ts';

/** Limits that keep a bad server from filling the disk or holding the start up. */
export interface DownloadLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly connectMs: number;
  /** The longest silence in the middle of a download. */
  readonly stallMs: number;
}

const LIMITS: DownloadLimits = {
  maxBytes: 400_000_000,
  timeoutMs: 600_000,
  connectMs: 2_000,
  stallMs: 20_000,
};

/** What a caller may change: limits, a mirror in place of the official hosts, a way to stop. */
export interface DownloadOptions {
  readonly limits?: Partial<DownloadLimits>;
  readonly mirror?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Transfer {
  readonly limits: DownloadLimits;
  readonly signal: AbortSignal;
  readonly agent: EnvHttpProxyAgent;
}

/** Downloads a program to `target`. The file appears there only complete, checked and executable; a failure leaves nothing behind. */
export async function download(
  wanted: Download,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  const limits = { ...LIMITS, ...options.limits };
  const time = AbortSignal.timeout(limits.timeoutMs);
  const agent = new EnvHttpProxyAgent({
    connect: { timeout: limits.connectMs },
    headersTimeout: limits.stallMs,
    bodyTimeout: limits.stallMs,
  });
  const signal = options.signal === undefined ? time : AbortSignal.any([options.signal, time]);
  const transfer = { limits, signal, agent };
  const archive = `${target}.${randomBytes(4).toString('hex')}.download`;
  const program = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  await mkdir(dirname(target), { recursive: true });
  try {
    const expected = await expectedChecksum(wanted, transfer, options.mirror);
    const url = mirrored(wanted.url, options.mirror);
    const actual = await fetchFile(url, archive, transfer);
    if (actual !== expected) {
      throw new Error(`${url}: wrong checksum, expected sha256 ${expected}, got ${actual}`);
    }
    if (wanted.member === undefined) await rename(archive, program);
    else await unpack(archive, wanted.member, program);
    await chmod(program, 0o755);
    await rename(program, target);
  } finally {
    await Promise.all([rm(archive, { force: true }), rm(program, { force: true })]);
    await agent.destroy();
  }
}

/** The same path on another host, for networks that have a copy of the release pages. */
export function mirrored(url: string, mirror: string | undefined): string {
  return mirror === undefined ? url : mirror.replace(/\/$/, '') + new URL(url).pathname;
}

async function expectedChecksum(
  wanted: Download,
  transfer: Transfer,
  mirror: string | undefined,
): Promise<string> {
  if (wanted.sha256 !== undefined) return wanted.sha256;
  if (wanted.checksumUrl === undefined) throw new Error(`${wanted.url}: no checksum is known`);
  const url = mirrored(wanted.checksumUrl, mirror);
  const small = { ...transfer, limits: { ...transfer.limits, maxBytes: 1_000_000 } };
  const chunks: Buffer[] = [];
  await transferTo(url, small, async (body) => {
    for await (const chunk of body) chunks.push(chunk);
  });
  const file = decodeURIComponent(new URL(wanted.url).pathname.split('/').at(-1) ?? '');
  const found = findChecksum(Buffer.concat(chunks).toString('utf8'), file);
  if (found === undefined) throw new Error(`${url}: holds no sha256 for ${file}`);
  return found;
}

/** Reads `<sha256>  <file>` lines as sha256sum writes them, or a lone checksum. */
export function findChecksum(text: string, file: string): string | undefined {
  const rows = text
    .split('\n')
    .map((line) => /^([0-9a-f]{64})(?:\s+\*?(?:\.\/)?(\S+))?\s*$/i.exec(line))
    .filter((row) => row !== null);
  const named = rows.find((row) => row[2] === file);
  const lone = rows.length === 1 && rows[0]?.[2] === undefined ? rows[0] : undefined;
  return (named ?? lone)?.[1]?.toLowerCase();
}

/** Writes the body to `path` and gives back its sha256. */
async function fetchFile(url: string, path: string, transfer: Transfer): Promise<string> {
  const hash = createHash('sha256');
  await transferTo(url, transfer, async (body) => {
    const hashing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(body, hashing, createWriteStream(path, { flags: 'wx', mode: 0o600 }), {
      signal: transfer.signal,
    });
  });
  return hash.digest('hex');
}

async function transferTo(
  url: string,
  transfer: Transfer,
  consume: (body: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  try {
    const response = await fetch(url, { dispatcher: transfer.agent, signal: transfer.signal });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    await consume(limited(response, transfer.limits.maxBytes));
  } catch (error) {
    throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Counts what arrives, because the announced length is only a claim: too much and too little are both errors. */
async function* limited(response: Response, maxBytes: number): AsyncGenerator<Buffer> {
  const announced = Number(response.headers.get('content-length') ?? Number.NaN);
  if (announced > maxBytes) throw new Error(`is ${announced} bytes, the limit is ${maxBytes}`);
  let total = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    total += chunk.byteLength;
    if (total > maxBytes) throw new Error(`is larger than the limit of ${maxBytes} bytes`);
    yield Buffer.from(chunk);
  }
  const encoded = response.headers.has('content-encoding');
  if (!encoded && announced > total)
    throw new Error(`cut off after ${total} of ${announced} bytes`);
}

/** fetch only says "fetch failed"; the reason is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'took too long';
  if (error.message === 'terminated') return 'the connection was cut';
  if (error.cause instanceof Error) return error.cause.message || error.message;
  return error.message;
}

async function unpack(archive: string, member: string, target: string): Promise<void> {
  const entries = extract();
  const reading = pipeline(createReadStream(archive), createGunzip(), entries);
  const copying = copyMember(entries, member, target);
  const [, found] = await Promise.all([reading, copying]);
  if (!found) throw new Error(`the archive holds no ${member}`);
}

async function copyMember(entries: Extract, member: string, target: string): Promise<boolean> {
  let found = false;
  for await (const entry of entries) {
    const { type, name } = entry.header;
    if (type === 'file' && name.replace(/^\.\//, '') === member) {
      await pipeline(entry, createWriteStream(target, { flags: 'wx' }));
      found = true;
    } else {
      entry.resume();
    }
  }
  return found;
}
