import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/activity';
import type { GitRepository } from '../../api/index.ts';
import { fail } from '../failures.ts';
import { readCommit, type FetchedCommit } from './commit-tree.ts';
import { createConnections, type TlsTexts } from './git-connections.ts';
import { basic, type GitAccess } from './git-credentials.ts';
import { createHttpTransport, requestFailure } from './git-http.ts';
import type { GitObjects } from './git-objects.ts';
import { receivePack } from './git-pack.ts';
import { NotOffered } from './git-packets.ts';
import { openSession, type GitSession, type Wanted } from './git-protocol.ts';
import { neededPrefixes, resolveReference, type Target } from './git-reference.ts';
import type { GitTransport } from './git-transport.ts';
import { createSshTransport } from './ssh/transport.ts';

type Reference = NonNullable<GitRepository['spec']['ref']>;

/** Where and how long a remote may be asked. */
export interface Remote {
  readonly access: GitAccess;
  readonly timeoutMs: number;
}

/**
 * Asks the remote in one connection what a reference stands for now. Raises the failures of resolveReference, GitOperationFailed or
 * AuthenticationFailed.
 */
export async function lookUp(remote: Remote, ref: Reference | undefined): Promise<Target> {
  return withRemote(remote, (open) =>
    open(async (session) => {
      const refs = await session.references(neededPrefixes(ref));
      // Nothing under the prefix may mean an empty repository or a missing reference; the author needs to know which.
      return resolveReference(ref, refs.length > 0 ? refs : await session.references([]));
    }),
  );
}

/** The same remote at another address, such as that of a submodule. Passwords and tokens go to the host they were given for alone. */
export function remoteAt({ access, timeoutMs }: Remote, url: string): Remote {
  const [before, after] = [new URL(access.url), new URL(url)];
  after.username = '';
  after.password = '';
  const { authorization, app, ssh, tls, ...way } = access;
  const isSame = before.protocol === after.protocol && before.host === after.host;
  const isSsh = after.protocol === 'ssh:' && ssh !== undefined;
  const credentials = {
    ...(isSame && authorization !== undefined ? { authorization } : {}),
    ...(isSame && app ? { app } : {}),
    ...(tls ? { tls: isSame ? tls : trustOf(tls) } : {}),
    // A key is never sent, and only servers that known_hosts names are spoken to.
    ...(isSsh ? { ssh } : {}),
  };
  return { access: { ...way, ...credentials, url: after.href }, timeoutMs };
}

function trustOf({ ca }: TlsTexts): TlsTexts {
  return ca === undefined ? {} : { ca };
}

/**
 * Fetches a commit into a directory: it alone where the server lets it be asked for, and the history of its reference where it has to be
 * searched for.
 */
export async function fetchCommit(
  remote: Remote,
  target: Target,
  directory: string,
): Promise<FetchedCommit> {
  return withRemote(remote, async (open, signal) => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const receive = (session: GitSession, wanted: Wanted, name: string): Promise<GitObjects> =>
      receivePack(session.fetch(wanted), join(directory, `${name}.pack`), { signal });
    if (target.within) await open((session) => checkHistory(session, target, receive));
    const objects =
      (await open((session) => fetchAlone(session, target, receive))) ??
      (await open((session) => fetchHistory(session, target, receive)));
    return readCommit(objects, target.commit);
  });
}

type Receive = (session: GitSession, wanted: Wanted, name: string) => Promise<GitObjects>;

/** The branch has to hold the commit. */
async function checkHistory(
  session: GitSession,
  { commit, ref = '', within = '' }: Target,
  receive: Receive,
): Promise<void> {
  const history = await receive(session, { oids: [within], commitsOnly: true }, 'history');
  if (history.has(commit)) return;
  throw fail('GitOperationFailed', `${ref} of the remote does not hold the commit ${commit}`);
}

async function fetchAlone(
  session: GitSession,
  { commit, tag }: Target,
  receive: Receive,
): Promise<GitObjects | undefined> {
  const oid = tag ?? commit;
  const isTip = async (): Promise<boolean> =>
    (await session.references([])).some((row) => row.oid === oid);
  if (!session.anyCommit && !(await isTip())) return undefined;
  try {
    return await receive(session, { oids: [oid], depth: 1 }, 'commit');
  } catch (error) {
    // The reference moved on since it was looked up, and the server gives only what references stand for.
    if (error instanceof NotOffered) return undefined;
    throw error;
  }
}

async function fetchHistory(
  session: GitSession,
  { commit, ref }: Target,
  receive: Receive,
): Promise<GitObjects> {
  const refs = await session.references(ref ? [ref] : ['refs/heads/', 'refs/tags/']);
  const chosen = ref ? refs.filter((row) => row.ref === ref) : refs;
  const oids = [...new Set(chosen.map(({ oid }) => oid))];
  const objects = oids.length > 0 ? await receive(session, { oids }, 'whole') : undefined;
  if (objects?.has(commit)) return objects;
  throw fail('GitOperationFailed', `the remote has no commit ${commit}`);
}

type Open = <T>(use: (session: GitSession) => Promise<T>) => Promise<T>;

/** Every conversation of `work` ends with the time that the source has. */
async function withRemote<T>(
  { access, timeoutMs }: Remote,
  work: (open: Open, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  const open: Open = async (use) => {
    const transport = await openTransport(access, signal);
    try {
      return await use(await openSession(transport));
    } finally {
      transport.close();
    }
  };
  try {
    return await work(open, signal);
  } catch (error) {
    if (signal.aborted) {
      const limit = `spec.timeout, ${timeoutMs / 1000}s`;
      throw fail('GitOperationFailed', `${access.url} did not answer within ${limit}`);
    }
    if (error instanceof ApplicationFailure) throw error;
    throw requestFailure(error, access.url);
  }
}

async function openTransport(access: GitAccess, signal: AbortSignal): Promise<GitTransport> {
  const { url, ssh: credentials, tls = {}, app, proxy, policy } = access;
  if (url.startsWith('ssh:')) {
    if (!credentials) throw fail('AuthenticationFailed', `there is no key for ${url}`);
    const { algorithms } = policy;
    return createSshTransport({ url, credentials, algorithms, proxy }, signal);
  }
  const connections = createConnections(tls, proxy, signal);
  try {
    const token = app && (await policy.tokens.token(app, connections, signal));
    const authorization =
      token === undefined ? access.authorization : basic('x-access-token', token);
    return createHttpTransport({ url, authorization }, connections, signal);
  } catch (error) {
    connections.close();
    throw error;
  }
}
