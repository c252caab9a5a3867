import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { fail } from '../failures.ts';
import type { TreeFile } from './commit-tree.ts';

/** Digest (`sha256:<hex>`) and size in bytes of an archive. */
export interface Archived {
  readonly digest: string;
  readonly size: number;
}

/**
 * Writes files into a tar.gz whose bytes depend on paths, contents and modes alone, so that every worker makes the same archive of the
 * same commit. Fails with StorageOperationFailed where the disk does, and GitOperationFailed where the tree is too large.
 */
export async function writeArchive(file: string, files: readonly TreeFile[]): Promise<Archived> {
  const hash = createHash('sha256');
  let size = 0;
  const tar = pack();
  const gzip = createGzip({ level: 6 });
  gzip.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    size += chunk.length;
  });
  const written = pipeline(tar, gzip, createWriteStream(file, { mode: 0o600 }));
  await Promise.all([addAll(tar, files), written]);
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

const maxTotalBytes = 1024 * 1024 * 1024;
const maxFiles = 100_000;
/** Everything that would differ from one machine to the next is fixed. */
const fixed = { mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' } as const;

async function addAll(tar: Pack, files: readonly TreeFile[]): Promise<void> {
  try {
    if (files.length > maxFiles) throw tooLarge(`more than ${maxFiles} files`);
    const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const directory of directoriesOf(sorted)) {
      await add(tar, { ...fixed, name: `${directory}/`, type: 'directory', mode: 0o755 });
    }
    let total = 0;
    for (const sourceFile of sorted) {
      const { path, executable } = sourceFile;
      const content = await sourceFile.read();
      total += content.length;
      if (total > maxTotalBytes) throw tooLarge(`more than ${maxTotalBytes} bytes`);
      const mode = executable ? 0o755 : 0o644;
      await add(tar, { ...fixed, name: path, type: 'file', mode, size: content.length }, content);
    }
    tar.finalize();
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

function add(
  tar: Pack,
  headers: Parameters<Pack['entry']>[0],
  content: Uint8Array = new Uint8Array(),
): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(headers, Buffer.from(content), (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function directoriesOf(files: readonly TreeFile[]): string[] {
  const directories = new Set<string>();
  for (const { path } of files) {
    const parts = path.split('/').slice(0, -1);
    for (const [at] of parts.entries()) directories.add(parts.slice(0, at + 1).join('/'));
  }
  return [...directories].sort();
}

function tooLarge(what: string): Error {
  return fail(
    'GitOperationFailed',
    `the repository holds ${what}: leave some out with spec.ignore`,
  );
}
