import { join } from 'node:path';
import { fail } from '../failures.ts';
import type { FetchedCommit, TreeFile } from './commit-tree.ts';
import { parseGitModules, submoduleUrl, type Submodule } from './git-modules.ts';
import { fetchCommit, remoteAt, type Remote } from './git.ts';

/** A commit, where it came from, and the directory below which its submodules may be fetched. */
export interface Parent {
  readonly commit: Pick<FetchedCommit, 'files' | 'submodules'>;
  /** `.gitmodules` of its whole tree, though a sparse checkout may leave the file out. */
  readonly modules: TreeFile | undefined;
  readonly remote: Remote;
}

/**
 * The files of a commit and those of its submodules, and of theirs. Raises GitOperationFailed for addresses that are refused, and where there
 * are too many or they are nested too deeply. A link to another repository that `.gitmodules` does not name stays empty, as under Flux.
 */
export async function withSubmodules(
  parent: Parent,
  directory: string,
): Promise<readonly TreeFile[]> {
  const files = [...parent.commit.files];
  const budget = { left: maxSubmodules };
  await addSubmodules(parent, { prefix: '', depth: 0 }, async (submodule, remote, place) => {
    if (budget.left-- === 0) throw refuse(`has more than ${maxSubmodules} submodules`);
    if (place.depth > maxDepth) throw refuse(`has submodules nested deeper than ${maxDepth}`);
    const { commit } = submodule;
    const target = { commit, revision: `sha1:${commit}` };
    const gitdir = join(directory, `submodule-${budget.left}`);
    const fetched = await fetchCommit(remote, target, gitdir);
    files.push(...fetched.files.map((file) => ({ ...file, path: `${place.prefix}${file.path}` })));
    return fetched;
  });
  return files;
}

const maxSubmodules = 100;
const maxDepth = 10;
/** A hundred submodules are described in a tenth of it. */
const maxModulesBytes = 256 * 1024;

interface Place {
  readonly prefix: string;
  readonly depth: number;
}

type Fetch = (
  submodule: { readonly path: string; readonly commit: string },
  remote: Remote,
  place: Place,
) => Promise<FetchedCommit>;

async function addSubmodules(
  { commit, modules, remote }: Parent,
  { prefix, depth }: Place,
  fetch: Fetch,
): Promise<void> {
  if (commit.submodules.length === 0 || !modules) return;
  const described = new Map<string, Submodule>();
  for (const submodule of await readModules(modules)) described.set(submodule.path, submodule);
  for (const link of commit.submodules) {
    const submodule = described.get(link.path);
    if (!submodule) continue;
    const url = submoduleUrl(submodule, remote.access.url);
    const place = { prefix: `${prefix}${link.path}/`, depth: depth + 1 };
    const below = remoteAt(remote, url.href);
    const fetched = await fetch(link, below, place);
    const nested = { commit: fetched, modules: modulesOf(fetched), remote: below };
    await addSubmodules(nested, place, fetch);
  }
}

/** The file of a commit that describes its submodules. */
export function modulesOf({ files }: Pick<FetchedCommit, 'files'>): TreeFile | undefined {
  return files.find(({ path }) => path === '.gitmodules');
}

async function readModules(file: TreeFile): Promise<Submodule[]> {
  const content = await file.read();
  if (content.length > maxModulesBytes) {
    throw refuse(`has a .gitmodules file of more than ${maxModulesBytes} bytes`);
  }
  return parseGitModules(Buffer.from(content).toString('utf8'));
}

function refuse(what: string): Error {
  return fail('GitOperationFailed', `the repository ${what}, which is refused`);
}
