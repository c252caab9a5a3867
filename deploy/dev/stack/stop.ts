import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../lock.ts';
import { SILENT } from '../progress.ts';
import { PARTS } from './parts.ts';
import { Session } from './session.ts';
import { PART_NAMES, type PartName, readState, stackDir } from './state.ts';

/** What else to do when stopping. */
export interface StopOptions {
  /** Also delete data, logs and credentials. */
  readonly purge?: boolean;
}

/** Clients first, so that none of them fills its log with lost connections. */
const ORDER: readonly (readonly PartName[])[] = [
  ['kwok', 'kube-scheduler', 'kube-controller-manager', 'temporal'],
  ['kube-apiserver'],
  ['etcd'],
];

/** Ends every part that was started from this folder, and nothing else. Data stays for the next start unless `purge` is set. */
export async function stopStack(dir?: string, options: StopOptions = {}): Promise<void> {
  const folder = stackDir(dir);
  await withLock(`${folder}.lock`, {}, async () => {
    const state = await readState(folder);
    if (state === undefined) return;
    const session = new Session(folder, state, SILENT);
    for (const names of ORDER) await Promise.all(names.map((name) => session.stop(name)));
    if (options.purge === true) await removeStackFiles(folder);
  });
}

/** Deletes what the stack wrote, by name: a folder that was chosen by mistake keeps everything else in it. */
export async function removeStackFiles(dir: string): Promise<void> {
  const data = PART_NAMES.flatMap((name) => PARTS[name].data);
  const files = [...data, 'credentials', 'kubeconfig', 'logs', 'stack.json'];
  await Promise.all(
    files.map((file) => rm(join(dir, file), { recursive: true, force: true, maxRetries: 3 })),
  );
  await rmdir(dir).catch(() => undefined);
}
