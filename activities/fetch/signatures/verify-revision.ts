import type { GitRepository } from '../../../api/index.ts';
import type { Cluster } from '../../cluster/client.ts';
import { fail, type FailureCode } from '../../failures.ts';
import type { Target } from '../git-reference.ts';
import { readSignedCommit, readSignedTag } from './signed-object.ts';
import { judge, readTrustedKeys, type TrustedKeys } from './trusted-keys.ts';

type Verification = NonNullable<GitRepository['spec']['verify']>;

/** What was verified, as the status tells it. */
export interface Verified {
  readonly mode: string;
  readonly message: string;
}

/** What a revision is verified by: the trusted keys of the source, and Git's objects as they are stored. */
export interface Evidence {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly readObject: (oid: string) => Promise<Uint8Array | undefined>;
}

/** The mode of a verification, under the one name that each has in the status. */
export function modeOf({ mode }: Verification): string {
  return mode === 'head' ? 'HEAD' : mode;
}

/** Raises InvalidVerificationMode where tags are to be verified and the source follows none. */
export function checkMode(verification: Verification, { ref = '' }: Target): void {
  if (modeOf(verification) === 'HEAD' || ref.startsWith('refs/tags/')) return;
  const fault = `spec.verify.mode ${verification.mode} needs a tag, and spec.ref follows none`;
  throw fail('InvalidVerificationMode', `${fault}: set tag, semver or name, or the mode HEAD`);
}

/**
 * Verifies the signatures that a source demands of a revision. Raises VerificationError, InvalidGitObject, InvalidTagSignature or
 * InvalidCommitSignature, naming the object and why its signature does not count.
 */
export async function verifyRevision(
  verification: Verification,
  target: Target,
  { cluster, namespace, readObject }: Evidence,
): Promise<Verified> {
  checkMode(verification, target);
  const keys = await readTrustedKeys(cluster, namespace, verification.secretRef.name);
  const mode = modeOf(verification);
  const proven: string[] = [];
  if (mode !== 'HEAD') proven.push(await verifyTag(target, keys, readObject));
  if (mode !== 'Tag') proven.push(await verifyCommit(target.commit, keys, readObject));
  return { mode, message: `verified ${proven.join(' and ')}` };
}

async function verifyTag(
  { ref = '', tag, commit }: Target,
  keys: TrustedKeys,
  readObject: Evidence['readObject'],
): Promise<string> {
  const name = ref.replace('refs/tags/', '');
  if (tag === undefined) {
    throw fail('InvalidGitObject', `tag '${name}' is lightweight, so it can not be signed`);
  }
  const title = `tag '${name}' (${tag})`;
  const raw = await readObject(tag);
  if (!raw) throw fail('InvalidGitObject', `${title} did not come with its commit`);
  const signed = readSignedTag(raw);
  // A signed tag under another name, or for another commit, is a true signature of something else.
  if (signed.name !== name || signed.object !== commit || signed.type !== 'commit') {
    const of = `'${signed.name}' of ${signed.type} ${signed.object}`;
    throw fail('InvalidTagSignature', `${title} says that it is the tag ${of}`);
  }
  if (signed.signature === undefined) throw fail('InvalidGitObject', `${title} is not signed`);
  return proof('InvalidTagSignature', title, await judge(signed, keys));
}

async function verifyCommit(
  commit: string,
  keys: TrustedKeys,
  readObject: Evidence['readObject'],
): Promise<string> {
  const title = `commit '${commit}'`;
  const raw = await readObject(commit);
  if (!raw) throw fail('InvalidCommitSignature', `${title} can not be read`);
  try {
    return proof('InvalidCommitSignature', title, await judge(readSignedCommit(raw), keys));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw fail('InvalidCommitSignature', `the signature of ${title}: ${error.message}`);
  }
}

function proof(
  code: FailureCode,
  title: string,
  verdict: { readonly key: string } | { readonly fault: string },
): string {
  if ('key' in verdict) return `the signature of ${title} by key '${verdict.key}'`;
  const advice = 'add its key to the Secret of spec.verify.secretRef if it is to be trusted';
  throw fail(code, `the signature of ${title} does not count: ${verdict.fault}; ${advice}`);
}
