import semver from 'semver';
import type { GitRepository } from '../../api/index.ts';
import { fail } from '../failures.ts';

type Reference = NonNullable<GitRepository['spec']['ref']>;

/** A reference of the remote; `peeled` is the commit behind an annotated tag. */
export interface RemoteRef {
  readonly ref: string;
  readonly oid: string;
  readonly peeled?: string | undefined;
}

/** What is to be fetched: a commit, where the remote holds it, and the revision that names it. */
export interface Target {
  readonly commit: string;
  /** The full name of a reference; absent for a commit that may be anywhere. */
  readonly ref?: string;
  readonly revision: string;
  /** Hash of the annotated tag that stands for the commit. */
  readonly tag?: string;
  /** Hash of the tip of the branch that has to hold the commit somewhere in its history. */
  readonly within?: string;
}

/**
 * Finds what a source follows among the references of the remote, by Flux's precedence: commit, name, tag, semver, branch.
 * Raises EmptyRepository, or GitOperationFailed naming what is not there.
 */
export function resolveReference(
  wanted: Reference | undefined,
  refs: readonly RemoteRef[],
): Target {
  const { commit, name, tag, semver: range, branch } = wanted ?? {};
  if (refs.length === 0) {
    throw fail('EmptyRepository', 'the repository has no commit yet: push one');
  }
  if (commit) return pinned(commit, branch, refs);
  if (name) return named(name, name, refs);
  if (tag) return named(`refs/tags/${tag}`, tag, refs);
  if (range) return highest(range, refs);
  const followed = branch ?? 'master';
  return named(`refs/heads/${followed}`, followed, refs);
}

/** The prefixes of the references that can matter, so that a remote with many of them need not list all. */
export function neededPrefixes(wanted: Reference | undefined): string[] {
  const { commit, name, tag, semver: range, branch = 'master' } = wanted ?? {};
  if (commit) return [wanted?.branch ? `refs/heads/${wanted.branch}` : 'HEAD'];
  if (name) return [name];
  if (tag) return [`refs/tags/${tag}`];
  return range ? ['refs/tags/'] : [`refs/heads/${branch}`];
}

function pinned(commit: string, branch: string | undefined, refs: readonly RemoteRef[]): Target {
  if (!/^[0-9a-f]{40}$/.test(commit)) {
    throw fail('InvalidSpec', `spec.ref.commit "${commit}" is no full hash of 40 characters`);
  }
  if (branch === undefined) return { commit, revision: `sha1:${commit}` };
  const { ref, oid } = find(`refs/heads/${branch}`, refs);
  const revision = `${branch}@sha1:${commit}`;
  return { commit, ref, revision, ...(oid === commit ? {} : { within: oid }) };
}

function named(ref: string, title: string, refs: readonly RemoteRef[]): Target {
  const { oid, peeled = oid } = find(ref, refs);
  const tag = peeled === oid ? {} : { tag: oid };
  return { commit: peeled, ref, revision: `${title}@sha1:${peeled}`, ...tag };
}

function find(ref: string, refs: readonly RemoteRef[]): RemoteRef {
  const found = refs.find((row) => row.ref === ref);
  if (found) return found;
  throw fail(
    'GitOperationFailed',
    `the remote has no reference ${ref}: push it or correct spec.ref`,
  );
}

function highest(range: string, refs: readonly RemoteRef[]): Target {
  // Flux's constraints may be joined by commas; and one that names a pre-release lets all of them in.
  const wanted = range.replaceAll(',', ' ');
  if (semver.validRange(wanted) === null) {
    throw fail('InvalidSpec', `spec.ref.semver "${range}" is no range of versions`);
  }
  const options = { includePrerelease: /\d-/.test(range) };
  const matching = refs
    .filter(({ ref }) => ref.startsWith('refs/tags/'))
    .flatMap(({ ref }) => {
      const tag = ref.slice('refs/tags/'.length);
      const version = versionOf(tag);
      return version && semver.satisfies(version, wanted, options) ? [{ tag, version }] : [];
    })
    .sort((a, b) => semver.compareBuild(b.version, a.version));
  const [best] = matching;
  if (!best) throw fail('GitOperationFailed', `no tag of the remote is in the range "${range}"`);
  return named(`refs/tags/${best.tag}`, best.tag, refs);
}

function versionOf(tag: string): semver.SemVer | null {
  return semver.parse(tag) ?? (/^v?\d+(\.\d+)?$/.test(tag) ? semver.coerce(tag) : null);
}
