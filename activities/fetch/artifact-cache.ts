import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactRef } from '../contract.ts';
import { download } from './download.ts';
import { unpack, type Unpacked } from './unpack.ts';

/** An unpacked artifact on this worker. Nobody may write into its directory. */
export interface OpenArtifact extends Unpacked {
  readonly directory: string;
  /** True when it was here already. */
  readonly cached: boolean;
}

/** Artifacts of this worker by their digest: downloaded once, verified, and unpacked into a private directory. */
export class ArtifactCache {
  readonly #dir: string;
  readonly #running = new Map<string, Promise<OpenArtifact>>();
  #swept = 0;

  constructor({ dir }: { readonly dir: string }) {
    this.#dir = dir;
  }

  /** The unpacked artifact. Raises ArtifactUnavailable or ArtifactInvalid; concurrent calls for one artifact share its download. */
  open(artifact: ArtifactRef): Promise<OpenArtifact> {
    // Whoever names a digest at an address that does not serve it fails alone.
    const download = `${artifact.digest} ${artifact.url}`;
    const running = this.#running.get(download);
    if (running) return running;
    const opened = this.#open(artifact).finally(() => this.#running.delete(download));
    this.#running.set(download, opened);
    return opened;
  }

  async #open(artifact: ArtifactRef): Promise<OpenArtifact> {
    const place = join(this.#dir, artifact.digest.replace(/[^A-Za-z0-9]/g, '-'));
    const known = await readSummary(place);
    const directory = join(place, 'tree');
    if (known) {
      const now = new Date();
      await utimes(place, now, now);
      return { ...known, directory, cached: true };
    }
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const draft = join(this.#dir, `.draft-${randomBytes(8).toString('hex')}`);
    try {
      await mkdir(join(draft, 'tree'), { recursive: true, mode: 0o700 });
      const file = join(draft, 'artifact.tar.gz');
      await download(artifact, file);
      const unpacked = await unpack(file, join(draft, 'tree'));
      await rm(file);
      await writeFile(join(draft, 'summary.json'), JSON.stringify(unpacked));
      await rename(draft, place).catch(async (error: unknown) => {
        // The same bytes may have come from another address meanwhile.
        if (!(await readSummary(place))) throw error;
      });
      await this.#sweep();
      return { ...unpacked, directory, cached: false };
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  /** Removes what nobody opened for a while; a build takes minutes at most, so nothing is removed under its feet. */
  async #sweep(): Promise<void> {
    if (Date.now() - this.#swept < sweepEveryMs) return;
    this.#swept = Date.now();
    for (const name of await readdir(this.#dir)) {
      const place = join(this.#dir, name);
      const found = await stat(place).catch(() => undefined);
      if (found && Date.now() - found.mtimeMs > maxAgeMs) {
        await rm(place, { recursive: true, force: true });
      }
    }
  }
}

const sweepEveryMs = 300_000;
const maxAgeMs = 3_600_000;

async function readSummary(place: string): Promise<Unpacked | undefined> {
  const text = await readFile(join(place, 'summary.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Unpacked);
}
