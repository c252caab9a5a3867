import { RE2JS } from 're2js';
import semver from 'semver';
import type { OCIRepository } from '../../../api/index.ts';
import { fail } from '../../failures.ts';
import { digestOfTag, listTags } from './registry.ts';
import type { Session } from './session.ts';

type Reference = NonNullable<OCIRepository['spec']['ref']>;

/** What is to be pulled: a manifest, and the revision that names it. */
export interface PullTarget {
  readonly digest: string;
  readonly revision: string;
}

/** Asks the registry what a source follows, by Flux's precedence: digest, semver, tag, else the tag latest. Raises OCIPullFailed or ReadOperationFailed. */
export async function findTarget(session: Session, ref: Reference = {}): Promise<PullTarget> {
  const { digest } = ref;
  if (digest) {
    if (/^sha256:[0-9a-f]{64}$/.test(digest)) return { digest, revision: digest };
    throw fail(
      'OCIPullFailed',
      `spec.ref.digest "${digest}" is no digest: write it as sha256:<hex>`,
    );
  }
  const tag = ref.semver ? await newestTag(session, ref) : (ref.tag ?? 'latest');
  if (!/^\w[\w.-]{0,127}$/.test(tag)) {
    throw fail('OCIPullFailed', `spec.ref.tag ${JSON.stringify(tag)} is no name of a tag`);
  }
  const found = await digestOfTag(session, tag);
  return { digest: found, revision: `${tag}@${found}` };
}

/** The tag of the highest version in the range among those that pass the filter; only tags of three numbers, with or without a v, are versions. Raises an Error. */
export function highestTag(
  tags: readonly string[],
  { semver: range = '*', semverFilter }: Reference,
): string {
  // Constraints may be joined by commas, and one that names a pre-release lets all of them in.
  const wanted = range.replaceAll(',', ' ');
  if (semver.validRange(wanted) === null) {
    throw new Error(`spec.ref.semver "${range}" is no range of versions`);
  }
  const options = { includePrerelease: /\d(\.[\dx*]+)*-/i.test(range) };
  const passes = filterOf(semverFilter);
  const [best] = tags
    .filter(passes)
    .flatMap((tag) => {
      const version = semver.parse(tag);
      return version && semver.satisfies(version, wanted, options) ? [{ tag, version }] : [];
    })
    .sort((a, b) => semver.compareBuild(b.version, a.version));
  if (best) return best.tag;
  const of = semverFilter ? ` that matches "${semverFilter}"` : '';
  throw new Error(`no tag${of} is in the range "${range}"`);
}

async function newestTag(session: Session, ref: Reference): Promise<string> {
  try {
    return highestTag(await listTags(session), ref);
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'TimeoutError') throw error;
    throw fail('ReadOperationFailed', `the tag can not be told: ${error.message}`);
  }
}

/** The expressions of tenants run in linear time. */
function filterOf(expression: string | undefined): (tag: string) => boolean {
  if (!expression) return () => true;
  try {
    const compiled = RE2JS.compile(expression);
    return (tag) => compiled.matcher(tag).find();
  } catch {
    throw new Error(`spec.ref.semverFilter "${expression}" is no regular expression`);
  }
}
