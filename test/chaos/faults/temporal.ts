import { existsSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { killPart, restartPart } from '../../../deploy/dev/index.ts';
import type { Injection } from './injection.ts';
import type { Installation, WorkerSite } from '../sites.ts';
import { each, patiently, startAll, victimOf, type Victim } from '../victims.ts';

/** The connections of one worker to Temporal are cut and refused. */
export function temporalCut({ name, temporal }: WorkerSite): Injection {
  return {
    locks: [`${name} temporal`],
    begin() {
      temporal.shut(true);
      return Promise.resolve(() => {
        temporal.shut(false);
        return Promise.resolve();
      });
    },
  };
}

/**
 * The database is put back to what it was when this began. The workers are started anew, as the documents ask for: what they remember of
 * newer runs would end up in the older histories. The bridge is told, or not.
 */
export function temporalRestored(installation: Installation, restartsBridge: boolean): Injection {
  const { dir } = installation.stack;
  const { locks, ours } = aroundTemporal(installation);
  const restarted = ours.filter(({ name }) => restartsBridge || name !== 'bridge');
  const files = ['temporal.db', 'temporal.db-wal'];
  return {
    locks,
    async begin() {
      await killPart(dir, 'temporal', 'SIGSTOP');
      for (const file of files) {
        if (existsSync(join(dir, file))) await copyFile(join(dir, file), join(dir, `${file}.copy`));
        else await rm(join(dir, `${file}.copy`), { force: true });
      }
      await killPart(dir, 'temporal', 'SIGCONT');
      return async () => {
        await each(restarted, (victim) => victim.kill());
        await killPart(dir, 'temporal');
        await rm(join(dir, 'temporal.db-shm'), { force: true });
        for (const file of files) {
          await rm(join(dir, file), { force: true });
          const copy = join(dir, `${file}.copy`);
          if (existsSync(copy)) await rename(copy, join(dir, file));
        }
        await patiently(() => restartPart(dir, 'temporal'));
        await startAll(restarted);
      };
    },
  };
}

/** The server dies, and comes back without its data; our processes are started anew, or not told. */
export function temporalLost(installation: Installation, restartsOurs: boolean): Injection {
  const { dir } = installation.stack;
  const { locks, ours } = aroundTemporal(installation);
  return {
    locks,
    async begin() {
      if (restartsOurs) await each(ours, (victim) => victim.kill());
      await killPart(dir, 'temporal');
      return async () => {
        await patiently(() => restartPart(dir, 'temporal', { deleteData: true }));
        if (restartsOurs) await startAll(ours);
      };
    },
  };
}

/** All processes that hold something of Temporal's database in memory, and the server itself. */
function aroundTemporal(installation: Installation): { locks: string[]; ours: Victim[] } {
  const ours = [...installation.workers, installation.bridge].map(victimOf);
  return { locks: ['temporal', ...ours.map(({ name }) => name)], ours };
}
