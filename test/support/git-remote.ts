import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitAccess, GitPolicy } from '../../activities/fetch/git-credentials.ts';
import type { Target } from '../../activities/fetch/git-reference.ts';
import { fetchCommit, type Remote } from '../../activities/fetch/git.ts';
import { createInstallationTokens } from '../../activities/fetch/github-app.ts';

/** What a worker has unless it is told otherwise. */
export const plainPolicy: GitPolicy = {
  proxies: {},
  algorithms: { kex: [], hostKey: [] },
  tokens: createInstallationTokens(),
};

/** A remote as the activities see it. */
export function remoteWith(
  access: Omit<GitAccess, 'policy'> & { readonly policy?: GitPolicy },
  timeoutMs = 60_000,
): Remote {
  return { access: { policy: plainPolicy, ...access }, timeoutMs };
}

/** Texts of the files of a commit by their paths, fetched into a directory that is removed again. */
export async function filesOf(remote: Remote, target: Target): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-fetch-'));
  try {
    const { files } = await fetchCommit(remote, target, join(directory, 'git'));
    const texts: Record<string, string> = {};
    for (const file of files) texts[file.path] = Buffer.from(await file.read()).toString('utf8');
    return texts;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
