import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Kustomization } from '../../api/index.ts';
import type { ArtifactRef } from '../contract.ts';
import { startOfBuild } from './build.ts';
import { kindOf } from './paths.ts';
import { checkReferences } from './references.ts';

/** Tells whether two artifacts differ in what a build reads of them. */
export interface Closures {
  /**
   * Digest over the path of the spec, and every file and base it refers to, with all that lies below. Undefined where a base lies on
   * another host, since nobody can tell whether that changed, and where the build can not even be prepared, which the build tells in its
   * words. Raises what opening the artifact raises.
   */
  digest(
    artifact: ArtifactRef,
    spec: Kustomization['spec'],
    source: string,
  ): Promise<string | undefined>;
}

/**
 * Closures that remember where the last build of a path read: the same artifact is not read again, and of another one no file has to be
 * parsed while nothing in these places changed. `openArtifact` gives the directory of an artifact.
 */
export function createClosures(openArtifact: (artifact: ArtifactRef) => Promise<string>): Closures {
  const known = new Map<string, Closure & { readonly artifact: string }>();
  return {
    async digest(artifact, spec, source) {
      const { path, components, ignoreMissingComponents } = spec;
      const key = JSON.stringify([source, path, components, ignoreMissingComponents]);
      const last = known.get(key);
      if (last?.artifact === artifact.digest) return last.digest;
      const root = await openArtifact(artifact);
      const closure = await closureOf(root, spec, last).catch(() => undefined);
      known.delete(key);
      if (!closure) return undefined;
      known.set(key, { ...closure, artifact: artifact.digest });
      for (const [oldest] of known) {
        if (known.size <= maxKnown) break;
        known.delete(oldest);
      }
      return closure.digest;
    },
  };
}

interface Closure {
  /** Files and directories, from the root of the artifact. */
  readonly places: readonly string[];
  readonly digest: string;
}

const maxKnown = 10_000;

/** Where nothing in the places of the last build changed, its references are the same too. */
async function closureOf(
  root: string,
  spec: Kustomization['spec'],
  last: Closure | undefined,
): Promise<Closure | undefined> {
  // A component that was missing may have come, in a place that no build has read so far.
  if (last && !spec.ignoreMissingComponents) {
    const now = await digestOf(root, last.places).catch(() => undefined);
    if (now === last.digest) return { places: last.places, digest: now };
  }
  const places = await placesOf(root, spec);
  return places && { places, digest: await digestOf(root, places) };
}

async function placesOf(root: string, spec: Kustomization['spec']): Promise<string[] | undefined> {
  const start = await startOfBuild(root, spec);
  if (!start) return [spec.path ?? ''];
  const { remote, places } = await checkReferences(start, false);
  return remote ? undefined : places.map((place) => relative(root, place));
}

async function digestOf(root: string, places: readonly string[]): Promise<string> {
  const files = new Set<string>();
  for (const place of places) await collect(join(root, place), files);
  const hash = createHash('sha256');
  for (const file of [...files].sort()) {
    const content = await readFile(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

async function collect(place: string, files: Set<string>): Promise<void> {
  if ((await kindOf(place)) === 'file') {
    files.add(place);
    return;
  }
  for (const entry of await readdir(place, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) files.add(join(entry.parentPath, entry.name));
  }
}
