import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A bare repository with a working copy beside it, in a directory of their own. */
export interface WorkingCopy {
  /** Directory that a Git server serves; the repository is `<name>.git` in it. */
  readonly served: string;
  /** Runs git in the working copy and gives what it printed. */
  git(...args: string[]): Promise<string>;
  /** Writes files, deletes those whose text is undefined, commits, pushes, and gives the hash. */
  commit(files: Record<string, string | undefined>, subject?: string): Promise<string>;
  /** Pushes all branches and tags. */
  push(): Promise<void>;
}

/** Makes a bare repository with a branch main and no commit yet; nothing of the user's own git configuration is read. */
export async function createWorkingCopy(root: string, name: string): Promise<WorkingCopy> {
  const served = join(root, 'served');
  const bare = join(served, `${name}.git`);
  const work = join(root, 'work');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ann',
    GIT_AUTHOR_EMAIL: 'ann@example.com',
    GIT_COMMITTER_NAME: 'Ann',
    GIT_COMMITTER_EMAIL: 'ann@example.com',
  };
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { cwd: work, env })).stdout.trim();
  const push = async (): Promise<void> => {
    await git('push', '--quiet', '--force', '--all', 'origin');
    await git('push', '--quiet', '--force', '--tags', 'origin');
  };
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { env });
  await run('git', ['init', '--quiet', '--initial-branch=main', work], { env });
  await git('remote', 'add', 'origin', bare);
  return {
    served,
    git,
    push,
    async commit(files, subject = 'Change') {
      for (const [path, text] of Object.entries(files)) await place(join(work, path), text);
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '-m', subject);
      await push();
      return git('rev-parse', 'HEAD');
    },
  };
}

async function place(file: string, text: string | undefined): Promise<void> {
  if (text === undefined) return rm(file);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
