import fs from 'node:fs';
import git, { Errors } from 'isomorphic-git';
import type { GitRepository } from '../../api/index.ts';
import { ApplicationFailure } from '@temporalio/activity';
import { fail } from '../failures.ts';
import { holdsCommit, readCommit, type FetchedCommit } from './commit-tree.ts';
import type { GitAccess } from './git-credentials.ts';
import { createGitHttp } from './git-http.ts';
import { neededPrefixes, resolveReference, type Target } from './git-reference.ts';

type Reference = NonNullable<GitRepository['spec']['ref']>;

/** Where and how long a remote may be asked. */
export interface Remote {
  readonly access: GitAccess;
  readonly timeoutMs: number;
}

/** Asks the remote what a reference stands for now. Raises the failures of resolveReference, GitOperationFailed or AuthenticationFailed. */
export async function lookUp(remote: Remote, ref: Reference | undefined): Promise<Target> {
  return withRemote(remote, async (http, url) => {
    const prefixes = neededPrefixes(ref);
    const [prefix = ''] = prefixes.length === 1 ? prefixes : [];
    const query = { http, url, peelTags: true, protocolVersion: 2 } as const;
    const refs = await git.listServerRefs({ ...query, prefix });
    // Nothing under the prefix may mean an empty repository or a missing reference; the author needs to know which.
    const all = refs.length > 0 || prefix === '' ? refs : await git.listServerRefs(query);
    return resolveReference(ref, all);
  });
}

/**
 * Fetches a commit into a bare repository: by its reference where that is known, else by its hash, and everything where the remote does not
 * give single commits.
 */
export async function fetchCommit(
  remote: Remote,
  { commit, ref }: Target,
  gitdir: string,
): Promise<FetchedCommit> {
  return withRemote(remote, async (http, url) => {
    const repository = { gitdir, cache: {} };
    await git.init({ fs, gitdir, bare: true });
    await git.addRemote({ fs, gitdir, remote: 'origin', url });
    const base = { fs, http, ...repository, url, tags: false };
    const shallow = { depth: 1, singleBranch: true } as const;
    if (ref) await git.fetch({ ...base, ...shallow, ref, remoteRef: ref });
    else
      await git
        .fetch({ ...base, ...shallow, ref: commit, remoteRef: commit })
        .catch(tolerateRefusal);
    // The reference moved on since it was looked up, or the commit lies somewhere in the past.
    if (!(await holdsCommit(repository, commit))) {
      const whole = ref ? { ref, remoteRef: ref, singleBranch: true } : { tags: true };
      await git.fetch({ ...base, ...whole, depth: maxDepth, relative: false });
    }
    if (!(await holdsCommit(repository, commit))) {
      throw fail('GitOperationFailed', `the remote has no commit ${commit}`);
    }
    return readCommit(repository, commit);
  });
}

/** Deep enough for any history, and what makes the server forget that the first fetch was shallow. */
const maxDepth = 2 ** 31 - 1;

/** Not every server gives a commit that is no tip of a reference. */
function tolerateRefusal(error: unknown): void {
  if (error instanceof ApplicationFailure || error instanceof Errors.HttpError) throw error;
}

async function withRemote<T>(
  { access, timeoutMs }: Remote,
  work: (http: ReturnType<typeof createGitHttp>, url: string) => Promise<T>,
): Promise<T> {
  const { url, ...credentials } = access;
  const signal = AbortSignal.timeout(timeoutMs);
  const http = createGitHttp({ ...credentials, signal });
  try {
    return await work(http, url);
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    if (signal.aborted) {
      const seconds = timeoutMs / 1000;
      throw fail('GitOperationFailed', `${url} did not answer within spec.timeout, ${seconds}s`);
    }
    throw toFailure(error, url);
  } finally {
    // Closing waits for open requests, and a remote that hangs must not hold the failure back.
    void http.close().catch(() => undefined);
  }
}

function toFailure(error: unknown, url: string): Error {
  const status = error instanceof Errors.HttpError ? error.data.statusCode : undefined;
  if (status === 401 || status === 403) {
    const advice = 'check the credentials in the Secret of spec.secretRef';
    return fail('AuthenticationFailed', `${url} refuses access (HTTP ${status}): ${advice}`);
  }
  if (status === 404) {
    return fail(
      'GitOperationFailed',
      `${url} is not there, or not for these credentials (HTTP 404)`,
    );
  }
  const [message = ''] = (error instanceof Error ? causeText(error) : String(error)).split('\n', 1);
  return fail('GitOperationFailed', `${url}: ${message.slice(0, 300)}`);
}

function causeText(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && cause.message !== ''
    ? cause.message
    : error.message || error.name;
}
