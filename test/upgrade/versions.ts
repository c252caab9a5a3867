import { execFile } from 'node:child_process';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { ServedStack, Services } from '../../deploy/dev/services.ts';
import type * as ServicesModule from '../../deploy/dev/services.ts';

/** The code of one revision, and worker and bridge of it. */
export interface Version {
  readonly name: VersionName;
  readonly services: Services;
}

/** The two versions that take turns. */
export type VersionName = 'previous' | 'current';

const root = join(import.meta.dirname, '../..');

/** Checks a revision out below a directory, with the packages of this checkout; gives the directory, which `removeCheckout` removes. */
export async function checkOut(revision: string, dir: string): Promise<string> {
  const tree = join(dir, 'previous');
  await mkdir(dir, { recursive: true });
  await git('worktree', 'add', '--detach', '--force', tree, revision);
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  return tree;
}

/** Removes a checkout and what Git knows of it. */
export async function removeCheckout(tree: string): Promise<void> {
  await rm(tree, { recursive: true, force: true });
  await git('worktree', 'prune');
}

/** The services of a checkout, which start the programs of that checkout. */
export async function versionOf(
  name: VersionName,
  tree: string,
  { stack, dir, environment }: { stack: ServedStack; dir: string; environment: Environment },
): Promise<Version> {
  const file = pathToFileURL(join(tree, 'deploy/dev/services.ts')).href;
  const { createServices } = (await import(file)) as typeof ServicesModule;
  return {
    name,
    services: await createServices(stack, { dir: join(dir, `services-${name}`), environment }),
  };
}

/** This checkout. */
export const currentTree = root;

type Environment = Readonly<Record<string, string>>;

async function git(...args: string[]): Promise<void> {
  await promisify(execFile)('git', args, { cwd: root });
}
