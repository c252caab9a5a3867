import fs from 'node:fs';
import git, { Errors } from 'isomorphic-git';
import { fail } from '../failures.ts';

/** A file of a commit. */
export interface TreeFile {
  readonly path: string;
  readonly executable: boolean;
  /** Git's hash of the content. */
  readonly oid: string;
  read(): Promise<Uint8Array>;
}

/** A place in a tree where the tree of another repository belongs. */
export interface GitLink {
  readonly path: string;
  readonly commit: string;
}

/** A commit that was fetched. */
export interface FetchedCommit {
  readonly subject: string;
  /** When it was made, as RFC 3339. */
  readonly committedAt: string;
  readonly files: readonly TreeFile[];
  readonly submodules: readonly GitLink[];
  /** Paths of symbolic links: they are no part of an artifact, as under Flux, but they are there. */
  readonly links: readonly string[];
  /** An object that came with the commit as Git stores it, without its header; undefined where it did not come. */
  readonly readObject: (oid: string) => Promise<Uint8Array | undefined>;
}

/** A bare repository on disk; the cache is what the library knows of it. */
export interface BareRepository {
  readonly gitdir: string;
  readonly cache: object;
}

/** Reads what a commit consists of. Raises GitOperationFailed for a tree that no file system could hold, or that is too large or too deep. */
export async function readCommit(repository: BareRepository, oid: string): Promise<FetchedCommit> {
  const { commit } = await git.readCommit({ fs, ...repository, oid });
  const found: Entries = { files: [], submodules: [], links: [] };
  await visit(repository, found, { tree: commit.tree, prefix: '', depth: 0 });
  const [subject = ''] = commit.message.split('\n', 1);
  const committedAt = new Date(commit.committer.timestamp * 1000).toISOString();
  return { subject, committedAt, ...found, readObject: (object) => readObject(repository, object) };
}

/** True where a bare repository holds a commit. */
export async function holdsCommit(repository: BareRepository, oid: string): Promise<boolean> {
  try {
    await git.readCommit({ fs, ...repository, oid });
    return true;
  } catch (error) {
    if (error instanceof Errors.NotFoundError) return false;
    throw error;
  }
}

interface Entries {
  readonly files: TreeFile[];
  readonly submodules: GitLink[];
  readonly links: string[];
}

const maxEntries = 200_000;
const maxDepth = 100;

async function visit(
  repository: BareRepository,
  found: Entries,
  { tree, prefix, depth }: { tree: string; prefix: string; depth: number },
): Promise<void> {
  if (depth > maxDepth) throw refuse(`is nested deeper than ${maxDepth} directories`);
  const { tree: entries } = await git.readTree({ fs, ...repository, oid: tree });
  for (const { mode, path: name, oid, type } of entries) {
    if (!isPlain(name)) throw refuse(`holds the entry ${JSON.stringify(name)} in "${prefix}"`);
    const path = `${prefix}${name}`;
    if (type === 'tree') {
      await visit(repository, found, { tree: oid, prefix: `${path}/`, depth: depth + 1 });
    } else if (type === 'commit') found.submodules.push({ path, commit: oid });
    else if (mode === '120000') found.links.push(path);
    else if (mode.startsWith('100')) found.files.push(fileOf(repository, { path, mode, oid }));
  }
  // A few small trees that hold each other many times over are a large one.
  if (found.files.length + found.links.length + found.submodules.length > maxEntries) {
    throw refuse(`holds more than ${maxEntries} files`);
  }
}

/** Nobody could check it out otherwise, and whoever unpacked it would write elsewhere. */
function isPlain(name: string): boolean {
  return !/^(|\.|\.\.|\.git)$/i.test(name) && !/[/\\\0]/.test(name);
}

function refuse(what: string): Error {
  return fail('GitOperationFailed', `the tree of the commit ${what}, which is refused`);
}

function fileOf(
  repository: BareRepository,
  { path, mode, oid }: { path: string; mode: string; oid: string },
): TreeFile {
  const read = async (): Promise<Uint8Array> =>
    (await git.readBlob({ fs, ...repository, oid })).blob;
  return { path, executable: mode === '100755', oid, read };
}

async function readObject(
  repository: BareRepository,
  oid: string,
): Promise<Uint8Array | undefined> {
  try {
    // The commands for one type of object decode its text, and a signature is one of bytes.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const { object } = await git.readObject({ fs, ...repository, oid, format: 'content' });
    return object instanceof Uint8Array ? object : undefined;
  } catch (error) {
    if (error instanceof Errors.NotFoundError) return undefined;
    throw error;
  }
}
