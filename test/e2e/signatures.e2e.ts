import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { artifactOf } from '../support/artifacts.ts';
import { conditionOf, gitRepository, type Row } from '../support/cluster.ts';
import { openSpace } from '../support/space.ts';

const fixtures = join(import.meta.dirname, '../fixtures/signatures');
const { space, repository } = await openSpace();
// The tree of all signed objects.
const unsigned = await repository.commit({ 'a.yaml': 'signed\n' });

/** Puts an object that was signed by a real program into the repository and gives its hash. */
function put(type: 'commit' | 'tag', fixture: string): Promise<string> {
  return repository.git('hash-object', '-w', '-t', type, join(fixtures, fixture));
}

async function pushBranch(commit: string, branch = 'main'): Promise<void> {
  await repository.git('update-ref', `refs/heads/${branch}`, commit);
  await repository.push();
}

async function keys(name: string, ...files: string[]): Promise<{ name: string }> {
  const stringData: Record<string, string> = {};
  for (const file of files) stringData[file] = await readFile(join(fixtures, file), 'utf8');
  await space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
  return { name };
}

function untilVerified(name: string, status: string): Promise<Row> {
  return space.until(
    'GitRepository',
    name,
    (row) =>
      conditionOf(row, 'SourceVerified')?.status === status &&
      conditionOf(row, 'Ready')?.status === status &&
      conditionOf(row, 'Ready')?.observedGeneration === row.metadata.generation,
  );
}

test.each([
  ['pgp', 'commit-pgp-ed25519', 'ann.asc'],
  ['ssh', 'commit-ssh-ed25519', 'ed25519.sshpub'],
])(
  'a commit signed by %s is taken, an unsigned one is not and the old artifact stays',
  async (kind, fixture, key) => {
    const branch = `by-${kind}`;
    const signed = await put('commit', fixture);
    await pushBranch(signed, branch);
    const verify = { mode: 'HEAD', secretRef: await keys(`keys-${kind}`, key, 'bob.asc') };
    await space.apply(gitRepository(kind, repository.url, { ref: { branch }, verify }));
    const good = await untilVerified(kind, 'True');
    expect(conditionOf(good, 'SourceVerified')).toMatchObject({ reason: 'Succeeded' });
    expect(conditionOf(good, 'SourceVerified')?.message).toContain(`commit '${signed}' by key '`);
    expect(good.status['sourceVerificationMode']).toBe('HEAD');
    expect(await artifactOf(good)).toEqual({ 'a.yaml': 'signed\n' });

    await pushBranch(unsigned, branch);
    await space.signal('GitRepository', kind);
    const bad = await untilVerified(kind, 'False');
    expect(conditionOf(bad, 'Ready')).toMatchObject({ reason: 'InvalidCommitSignature' });
    expect(conditionOf(bad, 'SourceVerified')?.message).toContain('it is not signed');
    expect(conditionOf(bad, 'FetchFailed')).toBeUndefined();
    expect(conditionOf(bad, 'Reconciling')).toMatchObject({ reason: 'ProgressingWithRetry' });
    expect(bad.status.artifact).toEqual(good.status.artifact);
    await space.untilEvent(kind, 'InvalidCommitSignature');

    await pushBranch(signed, branch);
    await space.signal('GitRepository', kind);
    const again = await untilVerified(kind, 'True');
    expect(again.status.artifact).toEqual(good.status.artifact);
  },
);

test('a commit signed by another key is refused until the key is trusted', async () => {
  await pushBranch(await put('commit', 'commit-ssh-ecdsa'), 'other');
  const verify = { secretRef: await keys('keys-other', 'rsa.sshpub', 'ann.asc') };
  await space.apply(gitRepository('other', repository.url, { ref: { branch: 'other' }, verify }));
  const row = await untilVerified('other', 'False');
  expect(conditionOf(row, 'SourceVerified')?.message).toMatch(/SHA256:\S+, which is not trusted/);
  expect(row.status.artifact).toBeUndefined();
  await keys('keys-other', 'ecdsa.sshpub');
  await space.signal('GitRepository', 'other');
  expect((await untilVerified('other', 'True')).status.artifact).toBeDefined();
});

test('a signed tag is taken with its unsigned commit, a lightweight or renamed one is not', async () => {
  await put('commit', 'commit-unsigned');
  const tag = await put('tag', 'tag-ssh');
  await repository.git('update-ref', 'refs/tags/v2.0.0', tag);
  await repository.git('update-ref', 'refs/tags/v2.1.0', tag);
  await repository.git('tag', 'v2.2.0', `${tag}^{commit}`);
  await repository.push();
  const verify = { mode: 'Tag', secretRef: await keys('keys-tag', 'ed25519.sshpub') };
  const follow = (ref: object): Promise<unknown> =>
    space.apply(gitRepository('tag', repository.url, { ref, verify }));
  await follow({ semver: '2.0.x' });
  const good = await untilVerified('tag', 'True');
  expect(conditionOf(good, 'SourceVerified')?.message).toContain(`tag 'v2.0.0' (${tag}) by key`);
  expect(good.status['sourceVerificationMode']).toBe('Tag');
  await follow({ tag: 'v2.1.0' });
  const renamed = await untilVerified('tag', 'False');
  expect(conditionOf(renamed, 'Ready')).toMatchObject({ reason: 'InvalidTagSignature' });
  await follow({ tag: 'v2.2.0' });
  const lightweight = await untilVerified('tag', 'False');
  expect(conditionOf(lightweight, 'Ready')).toMatchObject({ reason: 'InvalidGitObject' });
  await follow({ branch: 'main' });
  const stalled = await space.until(
    'GitRepository',
    'tag',
    (row) => conditionOf(row, 'Stalled') !== undefined,
  );
  expect(conditionOf(stalled, 'Stalled')).toMatchObject({ reason: 'InvalidVerificationMode' });
  expect(stalled.status.observedGeneration).toBe(stalled.metadata.generation);
  expect(stalled.status.artifact).toEqual(good.status.artifact);
});
