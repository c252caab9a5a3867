import { afterAll } from 'vitest';
import type { GitServerOptions } from '../../deploy/dev/git-server.ts';
import { gitRepository, testNamespace, type TestNamespace } from './cluster.ts';
import { testRepository, type TestRepository } from './repository.ts';

/** A namespace and a repository of a test file. */
export interface Space {
  readonly space: TestNamespace;
  readonly repository: TestRepository;
}

/** A namespace and a repository without a commit; both are closed when the tests of the file have ended. */
export async function openSpace(options: Omit<GitServerOptions, 'root'> = {}): Promise<Space> {
  const space = await testNamespace();
  const repository = await testRepository(options);
  afterAll(async () => {
    await repository.close();
    await space.close();
  });
  return { space, repository };
}

/** The same with a first commit, which a GitRepository named `repo` fetches; gives its revision too. */
export async function openSource(
  files: Readonly<Record<string, string>> = { 'README.md': 'start' },
): Promise<Space & { readonly revision: string }> {
  const opened = await openSpace();
  const commit = await opened.repository.commit(files);
  await opened.space.apply(gitRepository('repo', opened.repository.url));
  return { ...opened, revision: `main@sha1:${commit}` };
}
