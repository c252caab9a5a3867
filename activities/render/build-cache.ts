import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenderedSet } from '../cluster/rendered.ts';

/** Rendered objects by the digest of their inputs: the latest in memory, those of the last hour on disk. */
export interface BuildCache {
  read(inputs: string): Promise<RenderedSet | undefined>;
  write(inputs: string, set: RenderedSet): Promise<void>;
}

/** A cache in a private directory (mode 0700, files 0600), since rendered Secrets are in it. */
export function createBuildCache(directory: string): BuildCache {
  const memory = new Map<string, { set: RenderedSet; size: number }>();
  let held = 0;
  let swept = 0;
  const remember = (inputs: string, set: RenderedSet, size: number): void => {
    held += size - (memory.get(inputs)?.size ?? 0);
    memory.delete(inputs);
    memory.set(inputs, { set, size });
    for (const [oldest, entry] of memory) {
      if (held <= maxMemoryBytes || oldest === inputs) break;
      memory.delete(oldest);
      held -= entry.size;
    }
  };
  return {
    async read(inputs) {
      const known = memory.get(inputs);
      if (known) return known.set;
      const text = await readFile(join(directory, inputs), 'utf8').catch(() => undefined);
      if (text === undefined) return undefined;
      const set = JSON.parse(text) as RenderedSet;
      remember(inputs, set, text.length);
      return set;
    },
    async write(inputs, set) {
      const text = JSON.stringify(set);
      remember(inputs, set, text.length);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const draft = join(directory, `.${inputs}.${randomBytes(6).toString('hex')}`);
      await writeFile(draft, text, { mode: 0o600 });
      await rename(draft, join(directory, inputs));
      if (Date.now() - swept < sweepEveryMs) return;
      swept = Date.now();
      await sweep(directory);
    },
  };
}

const maxMemoryBytes = 64 * 1024 * 1024;
const maxAgeMs = 3_600_000;
const sweepEveryMs = 300_000;

async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    // Another call may have removed the file in between.
    const age = Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > maxAgeMs) await rm(file, { force: true });
  }
}
