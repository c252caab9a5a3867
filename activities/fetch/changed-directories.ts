import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { ObjectKey } from '../contract.ts';
import type { TreeFile } from './commit-tree.ts';

/** Remembers the trees of sources, to tell where a revision differs from the one before. */
export interface Trees {
  /**
   * The directories whose own files differ between the artifact of a source before and now, `.` for the root. Undefined where this worker
   * has not seen the one before, or where too many differ to be worth telling.
   */
  changed(
    key: ObjectKey,
    before: string | undefined,
    now: { readonly revision: string; readonly files: readonly TreeFile[] },
  ): string[] | undefined;
}

/** Trees of the sources that this worker fetched last; a digest for each directory. */
export function createTrees(): Trees {
  const known = new Map<string, { revision: string; digests: ReadonlyMap<string, string> }>();
  return {
    changed({ namespace, name }, before, { revision, files }) {
      const id = `${namespace}/${name}`;
      const last = known.get(id);
      const digests = digestsOf(files);
      known.delete(id);
      if (digests.size <= maxDirectories) known.set(id, { revision, digests });
      for (const [oldest] of known) {
        if (known.size <= maxSources) break;
        known.delete(oldest);
      }
      if (!last || last.revision !== before) return undefined;
      const all = [...new Set([...last.digests.keys(), ...digests.keys()])];
      const changed = all.filter((at) => last.digests.get(at) !== digests.get(at));
      return changed.length > maxTold ? undefined : changed.sort();
    },
  };
}

const maxSources = 200;
const maxDirectories = 20_000;
/** Goes into the status of the source, which must stay small. */
const maxTold = 50;

function digestsOf(files: readonly TreeFile[]): Map<string, string> {
  const lines = new Map<string, string[]>();
  for (const { path, oid, executable } of files) {
    const directory = posix.dirname(path);
    const own = lines.get(directory) ?? [];
    own.push(`${path} ${oid} ${String(executable)}`);
    lines.set(directory, own);
  }
  const digest = (own: string[]): string =>
    createHash('sha256').update(own.sort().join('\n')).digest('base64');
  return new Map([...lines].map(([directory, own]) => [directory, digest(own)]));
}
