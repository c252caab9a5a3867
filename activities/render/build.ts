import { copyFile, link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Kustomization } from '../../api/index.ts';
import { fail } from '../failures.ts';
import { generateKustomization } from './generation.ts';
import {
  fileNames,
  findKustomizationFile,
  readKustomizationFile,
  type KustomizationFile,
} from './kustomization-file.ts';
import type { DivisibleBuild } from './divided-build.ts';
import { isEmptyFile, isPlain, withSpec } from './overlay.ts';
import { inside, kindOf } from './paths.ts';
import { checkReferences, type BuildStart, type ReferenceReport } from './references.ts';

/** What a build is prepared from. */
export interface BuildInput {
  readonly artifactDir: string;
  /** An empty private directory for this build. */
  readonly workDir: string;
  readonly spec: Kustomization['spec'];
  readonly noRemoteBases: boolean;
  /** True makes the copy in any case, because files in it will be changed. */
  readonly ownTree: boolean;
}

/**
 * Makes the directory that kustomize is to build: the artifact itself, or a linked copy where the spec changes the kustomization file
 * or none is there. Nothing where the path holds nothing to build. Raises PathNotFound or BuildFailed.
 */
export async function prepareBuild(
  input: BuildInput,
): Promise<(DivisibleBuild & ReferenceReport) | undefined> {
  const { artifactDir, workDir, spec } = input;
  const start = await startOfBuild(artifactDir, spec);
  if (!start) return undefined;
  const { file, content } = start;
  const report = await checkReferences(start, input.noRemoteBases);
  if (file && isPlain(spec) && !input.ownTree) {
    return { root: artifactDir, directory: start.directory, content, ...report };
  }
  const root = join(workDir, 'tree');
  const moved = (place: string): string => join(root, relative(artifactDir, place));
  await linkPlaces(report.places, moved);
  const directory = moved(start.directory);
  await writeKustomization(directory, content);
  return { root, directory, content, ...report, encryptable: report.encryptable.map(moved) };
}

/**
 * The kustomization of a path with the fields of the spec laid over it; `file` is absent where it is generated. Nothing where the path
 * holds nothing to build. Raises PathNotFound or BuildFailed.
 */
export async function startOfBuild(
  root: string,
  spec: Kustomization['spec'],
): Promise<(BuildStart & { readonly file: string | undefined }) | undefined> {
  const directory = await directoryOf(root, spec.path ?? '');
  const file = await findKustomizationFile(directory);
  const title = relative(root, file ?? join(directory, 'kustomization.yaml'));
  const read = file
    ? await readKustomizationFile(file, title)
    : await generateKustomization(directory, root);
  const components = await usableComponents(directory, root, spec);
  const content = withSpec(read, spec, components);
  const isNothing = !file && isEmptyFile(read) && components.length === 0;
  return isNothing || isEmptyFile(content) ? undefined : { root, directory, title, content, file };
}

async function directoryOf(root: string, path: string): Promise<string> {
  const directory = inside(root, path);
  if (!directory) {
    throw fail(
      'PathNotFound',
      `spec.path "${path}" leaves the artifact: use a path below its root`,
    );
  }
  const found = await kindOf(directory);
  if (found === 'directory') return directory;
  const fault = found ? 'is a file, not a directory' : 'is not in the artifact';
  throw fail('PathNotFound', `kustomization path not found: spec.path "${path}" ${fault}`);
}

async function usableComponents(
  directory: string,
  root: string,
  { components = [], ignoreMissingComponents }: Kustomization['spec'],
): Promise<string[]> {
  const usable: string[] = [];
  for (const component of components) {
    const local = inside(root, join(relative(root, directory), component));
    const found = local !== undefined && (await kindOf(local)) === 'directory';
    if (found) usable.push(component);
    else if (!ignoreMissingComponents || !local || component.includes('://')) {
      throw fail(
        'BuildFailed',
        `spec.components names "${component}", which is no directory of the artifact`,
      );
    }
  }
  return usable;
}

/**
 * Links instead of copying: the artifact is shared by builds that must not see each other's changes. Only what the build reads is linked,
 * since a repository may hold a thousand paths with a Kustomization each.
 */
async function linkPlaces(
  places: readonly string[],
  moved: (place: string) => string,
): Promise<void> {
  const known = new Set(places);
  const outermost = places.filter((place) => !ancestors(place).some((above) => known.has(above)));
  for (const place of outermost) {
    const directory = (await kindOf(place)) === 'directory' ? place : dirname(place);
    await mkdir(moved(directory), { recursive: true, mode: 0o700 });
    if (directory === place) await linkTree(place, moved(place));
    else await linkFile(place, moved(place));
  }
}

function ancestors(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...ancestors(above)];
}

async function linkTree(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    // A checkout may stand in for an artifact, and its history is no part of a build.
    if (entry.name === '.git') continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o700 });
      await linkTree(source, target);
    } else if (entry.isFile()) await linkFile(source, target);
  }
}

/** A file system may have no links, or not across its borders. */
async function linkFile(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}

async function writeKustomization(directory: string, content: KustomizationFile): Promise<void> {
  // A link is replaced, never written through: the file behind it belongs to the shared artifact.
  for (const name of fileNames) await rm(join(directory, name), { force: true });
  await writeFile(join(directory, 'kustomization.yaml'), JSON.stringify(content));
}
