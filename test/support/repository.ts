import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startGitServer, type GitServerOptions } from '../../deploy/dev/git-server.ts';

const run = promisify(execFile);

/** A real Git repository behind a real HTTP server. */
export interface TestRepository {
  readonly url: string;
  /** Writes files, deletes those whose text is undefined, commits, pushes, and gives the hash. */
  commit(files: Record<string, string | undefined>, subject?: string): Promise<string>;
  /** Runs git in the working copy. */
  git(...args: string[]): Promise<string>;
  /** Pushes everything, tags too. */
  push(): Promise<void>;
  close(): Promise<void>;
}

/** A repository with a branch main and no commit yet. */
export async function testRepository(
  options: Omit<GitServerOptions, 'root'> = {},
): Promise<TestRepository> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-git-'));
  const bare = join(root, 'served', 'repo.git');
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
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { env });
  await run('git', ['init', '--quiet', '--initial-branch=main', work], { env });
  await git('remote', 'add', 'origin', bare);
  const push = async (): Promise<void> => {
    await git('push', '--quiet', '--force', '--all', 'origin');
    await git('push', '--quiet', '--force', '--tags', 'origin');
  };
  const server = await startGitServer({ root: join(root, 'served'), ...options });
  return {
    url: `${server.url}/repo.git`,
    git,
    push,
    async commit(files, subject = 'Change') {
      for (const [path, text] of Object.entries(files)) {
        const file = join(work, path);
        if (text === undefined) await rm(file);
        else {
          await mkdir(dirname(file), { recursive: true });
          await writeFile(file, text);
        }
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '-m', subject);
      await push();
      return git('rev-parse', 'HEAD');
    },
    async close() {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
