import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import { extract, type Extract } from 'tar-stream';
import { fail } from '../failures.ts';

/** How much an archive may hold, and what is done about symbolic links: they are refused unless they are to be left out. */
export interface UnpackOptions {
  readonly bytes?: number;
  readonly entries?: number;
  readonly leaveOutLinks?: boolean;
}

/** What was unpacked. */
export interface Unpacked {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Unpacks a tar.gz into an empty directory; files that may be run stay so for their owner. Raises ArtifactInvalid, naming the entry, for a path that leaves the directory, for links and
 * devices, for what is too large or too many, and for a file that is no tar.gz.
 */
export async function unpack(
  file: string,
  directory: string,
  options: UnpackOptions = {},
): Promise<Unpacked> {
  const tar = extract();
  const source = createReadStream(file);
  const gunzip = createGunzip();
  const giveUp = (error: Error): void => {
    tar.destroy(error);
  };
  // Errors of the streams before reach the one that is read, and end its loop.
  source.on('error', giveUp);
  gunzip.on('error', giveUp);
  source.pipe(gunzip).pipe(tar);
  try {
    return await unpackAll(tar, directory, { ...standard, ...options });
  } catch (error) {
    if (!isStreamFault(error)) throw error;
    throw refuse(`is no valid tar.gz (${error.message})`);
  } finally {
    source.destroy();
    gunzip.destroy();
    tar.destroy();
  }
}

async function unpackAll(
  tar: Extract,
  directory: string,
  limits: Required<UnpackOptions>,
): Promise<Unpacked> {
  const unpacked = { files: 0, bytes: 0 };
  let entries = 0;
  for await (const entry of tar) {
    entries++;
    if (entries > limits.entries) throw refuse(`holds more than ${limits.entries} entries`);
    const { name, type, mode } = entry.header;
    const path = join(directory, safePath(name));
    if (type === 'directory') {
      await mkdir(path, { recursive: true, mode: 0o700 });
      entry.resume();
    } else if (type === 'file') {
      const place = { path, mode: mode & 0o111 ? 0o700 : 0o600 };
      unpacked.bytes += await writeEntry(entry, place, limits.bytes - unpacked.bytes);
      unpacked.files++;
    } else if (type === 'symlink' && limits.leaveOutLinks) {
      entry.resume();
    } else {
      throw refuse(`holds "${name}", which is a ${type}: only files may be in it`);
    }
  }
  return unpacked;
}

const standard: Required<UnpackOptions> = {
  bytes: 1024 * 1024 * 1024,
  entries: 100_000,
  leaveOutLinks: false,
};

function safePath(name: string): string {
  const path = posix.normalize(name);
  const leaves = isAbsolute(path) || path === '..' || path.startsWith('../');
  if (leaves || name.includes('\0') || name.includes('\\')) {
    throw refuse(`holds the path "${name}", which leaves it`);
  }
  return path;
}

async function writeEntry(
  entry: AsyncIterable<unknown>,
  { path, mode }: { readonly path: string; readonly mode: number },
  limit: number,
): Promise<number> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Exclusive, so that a second entry of the same name can not replace or follow the first.
  const handle = await open(path, 'wx', mode).catch((error: unknown) => {
    const double = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw double ? refuse('holds an entry twice') : error;
  });
  let size = 0;
  try {
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > limit) throw refuse('holds more bytes than its limit when unpacked');
      await handle.write(chunk);
    }
  } finally {
    await handle.close();
  }
  return size;
}

function isStreamFault(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    code.startsWith('Z_') || code.startsWith('ERR_') || /header|end of data/i.test(error.message)
  );
}

function refuse(what: string): Error {
  return fail('ArtifactInvalid', `the artifact ${what}`);
}
