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
  try {
    await unpackPackages([debian], folder, signal);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(folder, unpacked, member), temporary);
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

/** Where in a folder packages are unpacked to. */
export const unpacked = 'root';

/** Downloads packages of Debian into a folder and unpacks them all below `unpacked` in it. Raises an Error that says what apt said. */
export async function unpackPackages(
  packages: readonly string[],
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const options = { cwd: folder, env: buildEnvironment(), signal, timeout: timeoutMs };
  const run: Run = async (program, args) => {
    await promisify(execFile)(program, [...args], options);
  };
  await run('apt-get', ['-q', 'download', ...packages]).catch(() =>
    withOwnLists(folder, packages, run),
  );
  const files = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  if (files.length === 0) throw new Error(`apt-get gave no package of ${packages.join(', ')}`);
  for (const file of files) await run('dpkg-deb', ['--extract', file, unpacked]);
}

type Run = (program: string, args: readonly string[]) => Promise<void>;

const timeoutMs = 300_000;

async function withOwnLists(folder: string, packages: readonly string[], run: Run): Promise<void> {
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  const own = ['-q', '-o', `Dir::State::Lists=${folder}/lists`, '-o', `Dir::Cache=${folder}/cache`];
  await run('apt-get', [...own, 'update']);
  await run('apt-get', [...own, 'download', ...packages]);
}
