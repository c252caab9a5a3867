import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../lock.ts';
import { unpackPackages, unpacked } from './debian.ts';
import { isExecutable } from './installed.ts';
import { cacheRoot, nonEmpty } from './paths.ts';

/** An OpenSSH server that needs no rights, and what it has to find when it starts. */
export interface Sshd {
  readonly program: string;
  /** Libraries that the machine may lack; empty for a server of the machine itself. */
  readonly libraries: readonly string[];
  /** Library that shows a list of users of our own instead of that of the machine. */
  readonly userWrapper?: string;
}

/**
 * An OpenSSH server: what SLUICE_SSHD names, the cached packages of Debian, the same downloaded without installing them, or the one of the
 * machine; undefined where there is none.
 */
export async function resolveSshd(): Promise<Sshd | undefined> {
  const named = nonEmpty(process.env['SLUICE_SSHD']);
  if (named !== undefined) return { program: named, libraries: [] };
  const tree = join(cacheRoot(), 'openssh');
  const packaged = await withLock(`${tree}.lock`, {}, async () => {
    const cached = await inside(tree);
    if (cached) return cached;
    await download(tree).catch(() => undefined);
    return inside(tree);
  });
  if (packaged) return packaged;
  const program = '/usr/sbin/sshd';
  return (await isExecutable(program)) ? { program, libraries: [] } : undefined;
}

/** The server, what it is linked against beyond the base of Debian, and the wrapper. */
const packages = [
  'openssh-server',
  'libwrap0',
  'libnsl2',
  'libtirpc3',
  'libgssapi-krb5-2',
  'libkrb5-3',
  'libk5crypto3',
  'libkrb5support0',
  'libkeyutils1',
  'libcom-err2',
  'libnss-wrapper',
];

async function inside(tree: string): Promise<Sshd | undefined> {
  const program = join(tree, 'usr/sbin/sshd');
  if (!(await isExecutable(program))) return undefined;
  const files = await readdir(tree, { recursive: true });
  const libraries = files
    .filter((file) => /\.so(\.\d+)*$/.test(file))
    .map((file) => join(tree, file));
  const userWrapper = libraries.find((file) => file.endsWith('/libnss_wrapper.so'));
  return { program, libraries, ...(userWrapper === undefined ? {} : { userWrapper }) };
}

async function download(tree: string): Promise<void> {
  await mkdir(dirname(tree), { recursive: true });
  const work = await mkdtemp(`${tree}-`);
  try {
    await unpackPackages(packages, work);
    await rename(join(work, unpacked), tree);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
