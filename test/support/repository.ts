import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitServer, type GitServerOptions } from '../../deploy/dev/git-server.ts';
import { createWorkingCopy, type WorkingCopy } from '../../deploy/dev/working-copy.ts';

/** A real Git repository behind a real HTTP server. */
export interface TestRepository extends WorkingCopy {
  readonly url: string;
  /** Where it lies, for servers other than its own. */
  readonly path: string;
  close(): Promise<void>;
}

/** A repository with a branch main and no commit yet. */
export async function testRepository(
  options: Omit<GitServerOptions, 'root'> = {},
): Promise<TestRepository> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-git-'));
  // A server of SSH reads it as another user.
  await chmod(root, 0o755);
  const copy = await createWorkingCopy(root, 'repo');
  const server = await startGitServer({ root: copy.served, ...options });
  return {
    ...copy,
    url: `${server.url}/repo.git`,
    path: join(copy.served, 'repo.git'),
    async close() {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
