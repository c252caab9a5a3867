import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SourceKey } from '../contract.ts';

/** Where storage keeps its files, and the address under which others reach them. */
export interface StorageOptions {
  readonly dir: string;
  /** host:port */
  readonly advertisedAddress: string;
  /** How many artifacts of a source are kept, and how long those that are not its last one, for whoever is about to download them. */
  readonly keptRecords: number;
  readonly keptMs: number;
}

/** The artifacts of sources as files of this worker, by Flux's paths: `<kind>/<namespace>/<name>/<hash>.tar.gz`. */
export class ArtifactStorage {
  readonly #dir: string;
  readonly #address: string;
  readonly #retention: Retention;

  constructor({ dir, advertisedAddress, ...retention }: StorageOptions) {
    this.#dir = dir;
    this.#address = advertisedAddress;
    this.#retention = retention;
  }

  /** Path of the artifact of a commit, or of a digest, below the storage. */
  path({ kind = 'GitRepository', namespace, name }: SourceKey, hash: string): string {
    return `${kind.toLowerCase()}/${namespace}/${name}/${hash}.tar.gz`;
  }

  /** The url that goes into the status of a source. */
  url(path: string): string {
    return `http://${this.#address}/${path}`;
  }

  /** The file of a path, or nothing where the path is none of ours or the file is not here. */
  async find(path: string): Promise<string | undefined> {
    if (!isArtifactPath(path)) return undefined;
    const file = join(this.#dir, path);
    return (await stat(file).catch(() => undefined))?.isFile() ? file : undefined;
  }

  /** Tells whether the file of an artifact is here with the bytes of its digest; a damaged one is removed. */
  async check(path: string, digest: string): Promise<'sound' | 'missing' | 'damaged'> {
    const file = await this.find(path);
    if (file === undefined) return 'missing';
    const [algorithm = '', wanted] = digest.split(':');
    const hash = createHash(algorithm);
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
    if (hash.digest('hex') === wanted) return 'sound';
    await rm(file, { force: true });
    return 'damaged';
  }

  /** Moves a finished file into the storage, in place of one with the same path. */
  async store(path: string, file: string): Promise<void> {
    if (!isArtifactPath(path)) throw new RangeError(`"${path}" is no path of an artifact`);
    const target = join(this.#dir, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(file, target);
  }

  /** Removes the artifacts of a source that are beyond the retention, never the one of this path; tells how many. */
  async sweep(path: string): Promise<number> {
    const last = join(this.#dir, path);
    const garbage = beyond(await recordsOf(last), this.#retention);
    for (const file of garbage) await rm(file, { force: true });
    return garbage.length;
  }

  /** Removes all artifacts of a source. */
  async remove(key: SourceKey): Promise<void> {
    const directory = dirname(join(this.#dir, this.path(key, 'any')));
    await rm(directory, { recursive: true, force: true });
  }
}

/** True for a path that can only lead to an artifact: four plain parts, none of them dots. */
export function isArtifactPath(path: string): boolean {
  const part = '[a-z0-9][a-z0-9.-]*';
  const git = `gitrepository/${part}/${part}/[0-9a-f]{40}`;
  const oci = `ocirepository/${part}/${part}/sha256:[0-9a-f]{64}`;
  return new RegExp(`^(${git}|${oci})\\.tar\\.gz$`).test(path);
}

type Retention = Pick<StorageOptions, 'keptRecords' | 'keptMs'>;

interface FileRecord {
  readonly file: string;
  readonly modified: number;
}

/** The artifacts beside the last one of a source, the newest first. */
async function recordsOf(last: string): Promise<FileRecord[]> {
  const names = await readdir(dirname(last)).catch(() => []);
  const records = await Promise.all(
    names.map(async (name) => {
      const file = join(dirname(last), name);
      return { file, modified: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  return records.filter(({ file }) => file !== last).sort((a, b) => b.modified - a.modified);
}

/** Flux's rule: what has outlived its time goes, and so does what is too many. */
function beyond(records: readonly FileRecord[], { keptRecords, keptMs }: Retention): string[] {
  return records
    .filter(({ modified }, at) => at >= keptRecords - 1 || Date.now() - modified > keptMs)
    .map(({ file }) => file);
}
