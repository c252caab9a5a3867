import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildEnvironment } from './environment.ts';
import type { Package } from './tools.ts';

/**
 * Copies a program out of a package of Debian to `target`, without root and without installing anything; apt verifies the package by its
 * signed lists, which are fetched into a temporary folder where the machine has none. Raises an Error that says what apt said.
 */
export async function fromDebian(
  { debian, member }: Package,
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `sluice-package-${debian}-`));
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    const options = { cwd: folder, env: buildEnvironment(), signal };
    await promisify(execFile)(program, [...args], options);
  };
  try {
    await run('apt-get', ['-q', 'download', debian]).catch(() => withOwnLists(folder, debian, run));
    const file = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (!file) throw new Error(`apt-get gave no package ${debian}`);
    await run('dpkg-deb', ['--extract', file, 'root']);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(folder, 'root', member), temporary);
    await rename(temporary, target);
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`can not take it out of Debian's package ${debian}: ${reason}`, {
      cause: error,
    });
  } finally {
    await Promise.all([
      rm(folder, { recursive: true, force: true }),
      rm(temporary, { force: true }),
    ]);
  }
}

async function withOwnLists(
  folder: string,
  debian: string,
  run: (program: string, args: readonly string[]) => Promise<void>,
): Promise<void> {
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  const own = ['-q', '-o', `Dir::State::Lists=${folder}/lists`, '-o', `Dir::Cache=${folder}/cache`];
  await run('apt-get', [...own, 'update']);
  await run('apt-get', [...own, 'download', debian]);
}
