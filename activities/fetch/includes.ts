import { readdir, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Artifact, GitRepository } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import type { ArtifactRef, ObjectKey } from '../contract.ts';
import { fail } from '../failures.ts';
import type { ArtifactCache } from './artifact-cache.ts';
import type { TreeFile } from './commit-tree.ts';
import { readRepository } from './repository.ts';

type Rules = NonNullable<GitRepository['spec']['include']>;

/** An artifact that becomes part of another one. */
export interface Include {
  readonly rule: Rules[number];
  readonly artifact: Artifact;
}

/**
 * The artifacts that a source includes, in the order of its spec. Raises IncludeNotFound, IncludeWithoutArtifact, IncludeIllegalPath, and
 * IncludeInCircle where an artifact would become part of itself.
 */
export async function findIncludes(
  cluster: Cluster,
  key: ObjectKey,
  rules: Rules = [],
): Promise<Include[]> {
  const includes: Include[] = [];
  for (const rule of rules) {
    const title = titleOf(key, rule);
    placeOf(rule);
    const included = await readRepository(cluster, { ...key, name: rule.repository.name });
    if (!included) throw fail('IncludeNotFound', `the included ${title} is not there: create it`);
    const artifact = included.parsed.status?.artifact;
    if (!artifact) {
      throw fail('IncludeWithoutArtifact', `the included ${title} has no artifact yet`);
    }
    includes.push({ rule, artifact });
  }
  await refuseCircles(cluster, key, rules);
  return includes;
}

/** The includes of an artifact that was made before, as its source's status names them. */
export function recordedIncludes({ status }: GitRepository): Include[] {
  const artifacts = status?.includedArtifacts ?? [];
  return (status?.observedInclude ?? []).flatMap((rule, at) => {
    const artifact = artifacts[at];
    return artifact ? [{ rule, artifact }] : [];
  });
}

/** True where includes are others than the artifacts that were included before. */
export function differ(includes: readonly Include[], before: readonly Artifact[] = []): boolean {
  return (
    includes.length !== before.length ||
    includes.some(({ artifact }, at) => {
      const { revision, digest } = before[at] ?? {};
      return artifact.revision !== revision || artifact.digest !== digest;
    })
  );
}

/**
 * Adds the files of includes to those of a commit. Raises IncludeCopyFailed where an artifact can not be had, lacks the path, or its place is
 * taken already.
 */
export async function withIncludes(
  files: readonly TreeFile[],
  includes: readonly Include[],
  artifacts: Pick<ArtifactCache, 'open'>,
): Promise<readonly TreeFile[]> {
  let all = files;
  for (const include of includes) {
    const place = placeOf(include.rule);
    const title = `GitRepository ${include.rule.repository.name}`;
    if (all.some(({ path }) => path === place || path.startsWith(`${place}/`))) {
      const advice = 'choose another toPath';
      throw fail(
        'IncludeCopyFailed',
        `${title} can not be put at "${place}", which is taken: ${advice}`,
      );
    }
    all = [...all, ...(await filesOf(include, place, artifacts))];
  }
  return all;
}

/** More than anybody includes, through however many others. */
const maxIncluded = 100;

async function refuseCircles(cluster: Cluster, key: ObjectKey, rules: Rules): Promise<void> {
  const seen = new Set<string>();
  const pending = rules.map(({ repository }) => repository.name);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === key.name) {
      const title = `GitRepository/${key.namespace}/${name}`;
      throw fail(
        'IncludeInCircle',
        `${title} would include itself: take it out of one of ${[...seen].join(', ') || 'its own includes'}`,
      );
    }
    if (seen.has(name) || seen.size >= maxIncluded) continue;
    seen.add(name);
    const included = await readRepository(cluster, { ...key, name });
    for (const { repository } of included?.parsed.spec.include ?? []) pending.push(repository.name);
  }
}

function titleOf({ namespace }: ObjectKey, { repository }: Rules[number]): string {
  return `GitRepository/${namespace}/${repository.name}`;
}

/** Where an include goes, below the root of the artifact. */
function placeOf({ repository, toPath }: Rules[number]): string {
  const place = inside(toPath === undefined || toPath === '' ? repository.name : toPath);
  if (place !== undefined && place !== '.') return place;
  const fault = `toPath "${toPath ?? ''}" of the included ${repository.name}`;
  throw fail('IncludeIllegalPath', `${fault} is no directory below the root of the artifact`);
}

/** A path without dots and slashes around it; undefined where it leads out. */
function inside(path: string): string | undefined {
  const plain = posix.normalize(path).replace(/^\/+|\/+$/g, '') || '.';
  return plain === '..' || plain.startsWith('../') ? undefined : plain;
}

async function filesOf(
  { rule, artifact }: Include,
  place: string,
  artifacts: Pick<ArtifactCache, 'open'>,
): Promise<TreeFile[]> {
  const from = inside(rule.fromPath ?? '.');
  const missing = `the artifact ${artifact.revision} of GitRepository ${rule.repository.name}`;
  if (from === undefined) {
    throw fail('IncludeCopyFailed', `fromPath "${rule.fromPath ?? ''}" leads out of ${missing}`);
  }
  const directory = join(await open(artifact, artifacts), from);
  const found = await stat(directory).catch(() => undefined);
  if (!found) throw fail('IncludeCopyFailed', `${missing} has no path "${rule.fromPath ?? ''}"`);
  if (found.isFile()) return [await fileOf(artifact, directory, place)];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return fileOf(artifact, file, posix.join(place, file.slice(directory.length)));
      }),
  );
}

async function open(artifact: Artifact, artifacts: Pick<ArtifactCache, 'open'>): Promise<string> {
  const { url, digest, revision } = artifact;
  const reference: ArtifactRef = { url, digest: digest ?? '', revision };
  try {
    return (await artifacts.open(reference)).directory;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw fail('IncludeCopyFailed', `an included artifact can not be had: ${cause}`);
  }
}

async function fileOf(artifact: Artifact, file: string, path: string): Promise<TreeFile> {
  const { mode } = await stat(file);
  // Its place in an artifact with a digest tells the content, like a hash of its own would.
  const oid = `${artifact.digest ?? ''} ${path}`;
  return { path, oid, executable: (mode & 0o111) !== 0, read: () => readFile(file) };
}
