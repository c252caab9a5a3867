import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SourceKey } from '../contract.ts';

/** Where storage keeps its files, and the address under which others reach them. */
export interface StorageOptions {
  readonly dir: string;
  /** host:port */
  readonly advertisedAddress: string;
  /** How many artifacts of a source are kept, and how long others are, for those who are about to download them. */
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

  /** Moves a finished file into the storage, in place of one with the same path, and removes what is older than the retention. */
  async store(path: string, file: string): Promise<void> {
    if (!isArtifactPath(path)) throw new RangeError(`"${path}" is no path of an artifact`);
    const target = join(this.#dir, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(file, target);
    await removeOld(dirname(target), this.#retention);
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

async function removeOld(directory: string, { keptRecords, keptMs }: Retention): Promise<void> {
  const names = await readdir(directory);
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(directory, name);
      return { file, modified: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  files.sort((a, b) => b.modified - a.modified);
  for (const { file, modified } of files.slice(keptRecords)) {
    if (Date.now() - modified > keptMs) await rm(file, { force: true });
  }
}
