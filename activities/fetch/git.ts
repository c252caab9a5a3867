import fs from 'node:fs';
import git, { Errors } from 'isomorphic-git';
import type { GitRepository } from '../../api/index.ts';
import { ApplicationFailure } from '@temporalio/activity';
import { fail } from '../failures.ts';
import type { GitAccess } from './git-credentials.ts';
import { createGitHttp } from './git-http.ts';
import { neededPrefixes, resolveReference, type Target } from './git-reference.ts';

type Reference = NonNullable<GitRepository['spec']['ref']>;

/** Where and how long a remote may be asked. */
export interface Remote {
  readonly access: GitAccess;
  readonly timeoutMs: number;
}

/** A file of a commit. */
export interface TreeFile {
  readonly path: string;
  readonly executable: boolean;
  /** Git's hash of the content. */
  readonly oid: string;
  read(): Promise<Uint8Array>;
}

/** A fetched commit. */
export interface FetchedCommit {
  readonly subject: string;
  /** When it was made, as RFC 3339. */
  readonly committedAt: string;
  /** The regular files; links and submodules are left out, as Flux does. */
  readonly files: readonly TreeFile[];
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

/** Fetches a commit into a bare repository: only its reference where possible, everything where the commit has to be searched for. */
export async function fetchCommit(
  remote: Remote,
  { commit, ref }: Target,
  gitdir: string,
): Promise<FetchedCommit> {
  return withRemote(remote, async (http, url) => {
    const cache = {};
    await git.init({ fs, gitdir, bare: true });
    await git.addRemote({ fs, gitdir, remote: 'origin', url });
    const base = { fs, http, gitdir, url, cache, tags: false };
    const shallow = { depth: 1, singleBranch: true } as const;
    if (ref) await git.fetch({ ...base, ...shallow, ref, remoteRef: ref });
    // The reference moved on since it was looked up, or the commit lies somewhere in the past.
    if (!(await holds(gitdir, commit, cache))) {
      const whole = ref ? { ref, remoteRef: ref, singleBranch: true } : { tags: true };
      await git.fetch({ ...base, ...whole, depth: maxDepth, relative: false });
    }
    if (!(await holds(gitdir, commit, cache))) {
      throw fail('GitOperationFailed', `the remote has no commit ${commit}`);
    }
    return readCommit(gitdir, commit, cache);
  });
}

/** Deep enough for any history, and what makes the server forget that the first fetch was shallow. */
const maxDepth = 2 ** 31 - 1;

async function readCommit(gitdir: string, oid: string, cache: object): Promise<FetchedCommit> {
  const { commit } = await git.readCommit({ fs, gitdir, oid, cache });
  const files: TreeFile[] = [];
  const visit = async (tree: string, prefix: string): Promise<void> => {
    const { tree: entries } = await git.readTree({ fs, gitdir, oid: tree, cache });
    for (const { mode, path, oid: child, type } of entries) {
      const name = `${prefix}${path}`;
      if (type === 'tree') await visit(child, `${name}/`);
      else if (type === 'blob' && mode.startsWith('100')) {
        const read = async (): Promise<Uint8Array> =>
          (await git.readBlob({ fs, gitdir, oid: child, cache })).blob;
        files.push({ path: name, executable: mode === '100755', oid: child, read });
      }
    }
  };
  await visit(commit.tree, '');
  const [subject = ''] = commit.message.split('\n', 1);
  const committedAt = new Date(commit.committer.timestamp * 1000).toISOString();
  return { subject, committedAt, files };
}

async function holds(gitdir: string, oid: string, cache: object): Promise<boolean> {
  try {
    await git.readCommit({ fs, gitdir, oid, cache });
    return true;
  } catch (error) {
    if (error instanceof Errors.NotFoundError) return false;
    throw error;
  }
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
