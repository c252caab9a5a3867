import { fail } from '../failures.ts';
import { gitLimits } from './git-limits.ts';
import type { GitObjects } from './git-objects.ts';

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

/** A commit that was fetched; it can be read for as long as the directory is there that it was fetched into. */
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

/** How much a commit may hold; see gitLimits. */
export type TreeLimits = Readonly<Record<'depth' | 'entries' | 'files', number>>;

/**
 * Reads what a commit consists of. Raises GitOperationFailed, naming the path, for names that could lead out of the tree or into a `.git`
 * directory, and for trees that are too deep, too wide or too large.
 */
export async function readCommit(
  objects: GitObjects,
  oid: string,
  limits: TreeLimits = gitLimits,
): Promise<FetchedCommit> {
  const { type, content } = await objects.read(oid);
  const [head = '', ...text] = content.toString('utf8').split('\n\n');
  const tree = /^tree ([0-9a-f]{40})$/m.exec(head)?.[1];
  if (type !== 'commit' || tree === undefined) {
    throw fail('GitOperationFailed', `the object ${oid} of the remote is no commit`);
  }
  const [subject = ''] = text.join('\n\n').split('\n', 1);
  const readObject: FetchedCommit['readObject'] = async (other) =>
    objects.has(other) ? (await objects.read(other)).content : undefined;
  const committedAt = timeOf(head);
  return { subject, committedAt, readObject, ...(await readTree(objects, tree, limits)) };
}

/** The committer's line ends with the seconds of the epoch and a time zone. */
function timeOf(head: string): string {
  const seconds = Number(/^committer .* (\d{1,12}) [+-]\d{4}$/m.exec(head)?.[1] ?? 0);
  return new Date(seconds * 1000).toISOString();
}

async function readTree(
  objects: GitObjects,
  root: string,
  limits: TreeLimits,
): Promise<Pick<FetchedCommit, 'files' | 'submodules' | 'links'>> {
  const files: TreeFile[] = [];
  const submodules: GitLink[] = [];
  const links: string[] = [];
  const parsed = new Map<string, readonly TreeEntry[]>();
  let left = limits.entries;
  let bytes = 0;
  const visit = async (tree: string, prefix: string, depth: number): Promise<void> => {
    if (depth > limits.depth) throw refuse(prefix, `lies deeper than ${limits.depth} directories`);
    const entries = parsed.get(tree) ?? parseTree((await objects.read(tree)).content, prefix);
    // The same tree may occur in many places.
    parsed.set(tree, entries);
    left -= entries.length;
    if (left < 0) throw tooMuch(`more than ${limits.entries} files and directories`);
    for (const { kind, name, oid } of entries) {
      const path = `${prefix}${name}`;
      if (kind === 'tree') await visit(oid, `${path}/`, depth + 1);
      else if (kind === 'submodule') submodules.push({ path, commit: oid });
      else if (kind === 'link') links.push(path);
      else {
        bytes += objects.size(oid);
        if (bytes > limits.files) throw tooMuch(`files of more than ${limits.files} bytes`);
        const read = async (): Promise<Uint8Array> => (await objects.read(oid)).content;
        files.push({ path, executable: kind === 'program', oid, read });
      }
    }
  };
  await visit(root, '', 1);
  return { files, submodules, links };
}

interface TreeEntry {
  readonly kind: 'tree' | 'file' | 'program' | 'link' | 'submodule';
  readonly name: string;
  readonly oid: string;
}

/** Entries are `<mode> <name>\0` and the 20 bytes of a hash. */
function parseTree(content: Buffer, prefix: string): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const names = new Set<string>();
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space + 1);
    if (space < 0 || end < 0 || end + 21 > content.length) throw refuse(prefix, 'is cut off');
    const name = content.toString('utf8', space + 1, end);
    checkName(name, prefix);
    if (names.has(name)) throw refuse(`${prefix}${name}`, 'is there twice');
    names.add(name);
    const kind = kindOf(content.toString('latin1', at, space));
    if (!kind) throw refuse(`${prefix}${name}`, 'has a mode that Git does not know');
    entries.push({ kind, name, oid: content.toString('hex', end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

function kindOf(mode: string): TreeEntry['kind'] | undefined {
  if (/^0?40000$/.test(mode)) return 'tree';
  if (mode === '120000') return 'link';
  if (mode === '160000') return 'submodule';
  // Old versions of Git wrote 664 and the like.
  if (/^100[0-7]{3}$/.test(mode)) return mode === '100755' ? 'program' : 'file';
  return undefined;
}

/** Some file systems take other spellings for `.git`: in capitals, shortened to `git~1`, followed by dots or spaces. */
function checkName(name: string, prefix: string): void {
  const path = `${prefix}${name}`;
  // Archives may not hold backslashes, which are separators elsewhere.
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) {
    throw refuse(path, 'leads out of its directory');
  }
  const visible = name.replaceAll(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '');
  if (/^(\.git|git~1)[. ]*(:.*)?$/i.test(visible)) {
    throw refuse(path, 'would be taken for the directory of a repository');
  }
}

function refuse(path: string, why: string): Error {
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  return fail('GitOperationFailed', `the path ${shown} of the repository ${why}: remove it there`);
}

function tooMuch(what: string): Error {
  return fail('GitOperationFailed', `the repository is too large to be fetched: it holds ${what}`);
}
