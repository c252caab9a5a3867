import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Injection } from './injection.ts';
import type { WorkerSite } from '../sites.ts';

const cacheParts = ['artifacts', 'unpacked', 'builds', 'work'];

/** All files of a worker are removed while it runs. */
export function cacheRemoved({ name, cache }: WorkerSite): Injection {
  return {
    locks: [`${name} cache`],
    async begin() {
      for (const entry of await readdir(cache)) {
        await rm(join(cache, entry), { recursive: true, force: true, maxRetries: 5 });
      }
      return () => Promise.resolve();
    },
  };
}

/** Nothing can be written: each directory becomes a file, which keeps even root from writing into it. */
export function cacheUnwritable({ name, cache }: WorkerSite): Injection {
  return {
    locks: [`${name} cache`],
    async begin() {
      for (const part of cacheParts) {
        await rename(join(cache, part), join(cache, `${part}.away`)).catch(() => undefined);
        await writeFile(join(cache, part), '', { flag: 'wx' }).catch(() => undefined);
      }
      return async () => {
        for (const part of cacheParts) {
          await rm(join(cache, part), { recursive: true, force: true });
          await rename(join(cache, `${part}.away`), join(cache, part)).catch(() =>
            mkdir(join(cache, part), { recursive: true, mode: 0o700 }),
          );
        }
      };
    },
  };
}

/** The disk of a worker is filled up. */
export function diskFull({ name, cache }: WorkerSite): Injection {
  const ballast = join(cache, 'ballast');
  return {
    locks: [`${name} cache`],
    async begin() {
      const file = await open(ballast, 'w');
      const block = Buffer.alloc(1 << 20);
      try {
        for (;;) await file.appendFile(block);
      } catch {
        // Full.
      } finally {
        await file.close();
      }
      return () => rm(ballast, { force: true });
    },
  };
}

/** The clock of a worker jumps by minutes or hours, ahead or back, and back again when it ends. */
export function clockJump({ name, clock }: WorkerSite, variant: number): Injection {
  const minutes = [-120, -10, -1, 1, 10, 120][variant % 6] ?? 1;
  return {
    locks: [`${name} clock`],
    async begin() {
      await writeFile(clock, `${minutes * 60_000}`);
      return () => writeFile(clock, '0');
    },
  };
}
