import fs from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import git, { type HttpClient } from 'isomorphic-git';
import http from 'isomorphic-git/http/node';
import { openSshHttp } from './ssh/smart-http.ts';
import type { SshCredentials } from './ssh/transport.ts';

/** A branch that files are written to, over http, https or ssh. */
export interface PushTarget {
  readonly url: string;
  readonly branch: string;
  readonly username?: string;
  readonly password?: string;
  /** In place of a password, for an address of ssh. */
  readonly ssh?: SshCredentials;
}

/** What is written, by path in the repository, and how the commit is called. */
export interface FilesToPush {
  readonly files: Readonly<Record<string, string>>;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
}

/**
 * Commits files to a branch and pushes them; an empty repository gets the branch. Gives the commit that holds them, and no new one
 * where nothing differs. Raises an Error where the branch is missing, a path leads out of the repository, the remote refuses, or all of it
 * takes longer than ten minutes.
 */
export async function pushFiles(
  target: PushTarget,
  wanted: FilesToPush,
): Promise<{ commit: string; isNew: boolean }> {
  const { remote, close } = await openRemote(target);
  const dir = await mkdtemp(join(tmpdir(), 'sluice-push-'));
  try {
    await checkOut(dir, target.branch, remote);
    const changed = await writeChanged(dir, wanted.files);
    if (changed.length === 0)
      return { commit: await git.resolveRef({ fs, dir, ref: 'HEAD' }), isNew: false };
    await git.add({ fs, dir, filepath: changed });
    const { message, author } = wanted;
    const commit = await git.commit({ fs, dir, message, author });
    await push(dir, target, remote);
    return { commit, isNew: true };
  } finally {
    close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function push(dir: string, { branch }: PushTarget, remote: RemoteOptions): Promise<void> {
  try {
    await git.push({ fs, dir, ...remote, ref: branch, remoteRef: branch });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const advice = 'give credentials that may write to it';
    throw new Error(`the remote did not take the commit on ${branch}: ${message}: ${advice}`, {
      cause: error,
    });
  }
}

interface RemoteOptions {
  readonly http: HttpClient;
  readonly url: string;
  readonly onAuth?: () => { username: string; password: string };
  readonly onAuthFailure: () => { cancel: true };
}

interface OpenRemote {
  readonly remote: RemoteOptions;
  readonly close: () => void;
}

async function openRemote({
  url,
  username = 'git',
  password,
  ssh,
}: PushTarget): Promise<OpenRemote> {
  const onAuthFailure = (): { cancel: true } => ({ cancel: true });
  if (ssh) {
    const way = { url, credentials: ssh, algorithms: { kex: [], hostKey: [] }, proxy: undefined };
    const client = await openSshHttp(way, AbortSignal.timeout(maxMs));
    const close = (): void => {
      client.close();
    };
    return { remote: { http: client, url: client.url, onAuthFailure }, close };
  }
  const credentials = password === undefined ? {} : { onAuth: () => ({ username, password }) };
  return { remote: { http, url, ...credentials, onAuthFailure }, close: () => undefined };
}

const maxMs = 600_000;

async function checkOut(dir: string, branch: string, remote: RemoteOptions): Promise<void> {
  const refs = await git.listServerRefs({ ...remote, prefix: 'refs/', protocolVersion: 1 });
  if (refs.length === 0) {
    await git.init({ fs, dir, defaultBranch: branch });
    await git.addRemote({ fs, dir, remote: 'origin', url: remote.url });
    return;
  }
  if (!refs.some(({ ref }) => ref === `refs/heads/${branch}`))
    throw new Error(`the repository has no branch ${branch}: create it, or name another`);
  await git.clone({ fs, dir, ...remote, ref: branch, singleBranch: true, depth: 1 });
}

async function writeChanged(
  dir: string,
  files: Readonly<Record<string, string>>,
): Promise<string[]> {
  const root = await realpath(dir);
  const changed: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    // A link in the repository must not lead to a file of this machine.
    const place = await realpath(file).catch(() => realpath(dirname(file)));
    if (!`${place}${sep}`.startsWith(`${root}${sep}`))
      throw new Error(`${path} leads out of the repository by a link`);
    if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue;
    await writeFile(file, text);
    changed.push(path);
  }
  return changed;
}
