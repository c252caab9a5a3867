import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Cluster } from '../../../../activities/cluster/client.ts';
import type { Target } from '../../../../activities/fetch/git-reference.ts';
import { verifyRevision } from '../../../../activities/fetch/signatures/verify-revision.ts';

const fixtures = join(import.meta.dirname, '../../../fixtures/signatures');

function read(name: string): Promise<Buffer> {
  return readFile(join(fixtures, name));
}

/** Git's name of an object. */
function hashOf(type: string, content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** A cluster that holds one Secret with these files of public keys. */
async function clusterWith(...files: string[]): Promise<Pick<Cluster, 'get'>> {
  const data: Record<string, string> = {};
  for (const file of files) data[file] = (await read(file)).toString('base64');
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data };
  return { get: () => Promise.resolve(files.length > 0 ? secret : undefined) };
}

interface Case {
  readonly mode?: 'head' | 'HEAD' | 'Tag' | 'TagAndHEAD';
  readonly commit?: string;
  readonly tag?: string;
  readonly keys: readonly string[];
  /** What is changed of the objects after they were signed. */
  readonly tamper?: (object: Buffer) => Buffer;
  readonly ref?: string;
}

async function verify(wanted: Case): ReturnType<typeof verifyRevision> {
  const { mode = 'HEAD', keys, tamper = (object: Buffer) => object } = wanted;
  const raw = tamper(await read(wanted.commit ?? 'commit-unsigned'));
  const objects = new Map([[hashOf('commit', raw), raw]]);
  const commit = hashOf('commit', raw);
  const target: Target = { commit, revision: 'r', ref: wanted.ref ?? 'refs/heads/main' };
  let tag: { tag?: string } = {};
  if (wanted.tag !== undefined) {
    const object = tamper(await read(wanted.tag));
    tag = { tag: hashOf('tag', object) };
    objects.set(hashOf('tag', object), object);
  }
  const verification = { mode, secretRef: { name: 'keys' } };
  const cluster = (await clusterWith(...keys)) as Cluster;
  const readObject = (oid: string): Promise<Buffer | undefined> =>
    Promise.resolve(objects.get(oid));
  return verifyRevision(
    verification,
    { ...target, ...tag },
    { cluster, namespace: 'apps', readObject },
  );
}

const ann = '1B055EBEACF1BD7F';

test.each<[string, Case, RegExp]>([
  [
    'commit-pgp-ed25519',
    { keys: ['ann.asc'] },
    new RegExp(`commit '[0-9a-f]{40}' by key '${ann}'`),
  ],
  ['commit-pgp-rsa', { keys: ['ann.asc', 'bob.asc'] }, /by key '4A9CECA8D2103FB8'/],
  ['commit-ssh-ed25519', { keys: ['ed25519.sshpub'] }, /by key 'SHA256:qhwcU7vw/],
  ['commit-ssh-ecdsa', { keys: ['ann.asc', 'ecdsa.sshpub'] }, /by key 'SHA256:BTwOD3eb/],
  ['commit-ssh-rsa', { keys: ['rsa.sshpub', 'ecdsa.sshpub'] }, /by key 'SHA256:OzDv1dYI/],
])('%s was signed by a trusted key', async (commit, wanted, message) => {
  for (const mode of ['head', 'HEAD'] as const) {
    const verified = await verify({ ...wanted, commit, mode });
    expect(verified).toMatchObject({ mode: 'HEAD' });
    expect(verified.message).toMatch(message);
  }
});

test.each<[string, Case]>([
  ['PGP', { tag: 'tag-pgp', ref: 'refs/tags/v1.0.0', keys: ['ann.asc'] }],
  ['SSH', { tag: 'tag-ssh', ref: 'refs/tags/v2.0.0', keys: ['ed25519.sshpub'] }],
])('a tag signed by %s counts, though its commit is not signed', async (_, wanted) => {
  const verified = await verify({ ...wanted, mode: 'Tag' });
  expect(verified.mode).toBe('Tag');
  expect(verified.message).toMatch(
    /^verified the signature of tag 'v\d\.0\.0' \([0-9a-f]{40}\) by key/,
  );
  await expect(verify({ ...wanted, mode: 'TagAndHEAD' })).rejects.toMatchObject({
    type: 'InvalidCommitSignature',
    message: expect.stringContaining('it is not signed') as string,
  });
});

const change = (text: string, by: string) => (object: Buffer) =>
  Buffer.from(object.toString('latin1').replace(text, by), 'latin1');
const doubled = (object: Buffer): Buffer => {
  const text = object.toString('latin1');
  const [signature = ''] = /^gpgsig .*\n(?: .*\n)+/m.exec(text) ?? [];
  return Buffer.from(text.replace(signature, signature + signature), 'latin1');
};
const v1 = { mode: 'Tag', tag: 'tag-pgp', keys: ['ann.asc'] } as const;

test.each<[string, string, string, Case]>([
  ['no signature', 'InvalidCommitSignature', 'it is not signed', { keys: ['ann.asc'] }],
  [
    'a PGP key that is not trusted',
    'InvalidCommitSignature',
    '4A9CECA8D2103FB8, which is not trusted',
    { commit: 'commit-pgp-rsa', keys: ['ann.asc'] },
  ],
  [
    'an SSH key that is not trusted',
    'InvalidCommitSignature',
    'SHA256:OzDv1dYIFpXj1+jEwl8USmW6BwaD6jkA17DJOmvXiq0, which is not trusted',
    { commit: 'commit-ssh-rsa', keys: ['ed25519.sshpub', 'ann.asc'] },
  ],
  [
    'an SSH signature and PGP keys alone',
    'InvalidCommitSignature',
    'which is not trusted',
    { commit: 'commit-ssh-ed25519', keys: ['ann.asc'] },
  ],
  [
    'a PGP signature and SSH keys alone',
    'InvalidCommitSignature',
    'which is not trusted',
    { commit: 'commit-pgp-ed25519', keys: ['ed25519.sshpub'] },
  ],
  ...['pgp-ed25519', 'pgp-rsa', 'ssh-ed25519', 'ssh-ecdsa', 'ssh-rsa'].map(
    (name): [string, string, string, Case] => [
      `a changed message (${name})`,
      'InvalidCommitSignature',
      name.startsWith('ssh') ? 'does not fit its content' : 'did not match',
      {
        commit: `commit-${name}`,
        keys: ['ann.asc', 'bob.asc', 'ed25519.sshpub', 'ecdsa.sshpub', 'rsa.sshpub'],
        tamper: change('Sign with', 'Sing with'),
      },
    ],
  ),
  [
    'a signature by SHA-1',
    'InvalidCommitSignature',
    'SHA1',
    { commit: 'commit-pgp-sha1', keys: ['bob.asc'] },
  ],
  [
    'another tree',
    'InvalidCommitSignature',
    'does not fit its content',
    { commit: 'commit-ssh-rsa', keys: ['rsa.sshpub'], tamper: change('tree a865', 'tree a866') },
  ],
  [
    'two signatures',
    'InvalidCommitSignature',
    'more than one signature',
    { commit: 'commit-pgp-ed25519', keys: ['ann.asc'], tamper: doubled },
  ],
  [
    'a signature of no known kind',
    'InvalidCommitSignature',
    'neither of PGP nor of SSH',
    {
      commit: 'commit-pgp-ed25519',
      keys: ['ann.asc'],
      tamper: change('BEGIN PGP', 'BEGIN X509'),
    },
  ],
  [
    'a lightweight tag',
    'InvalidGitObject',
    'lightweight',
    { mode: 'Tag', keys: ['ann.asc'], ref: 'refs/tags/v1.0.0' },
  ],
  [
    'an unsigned tag',
    'InvalidGitObject',
    'is not signed',
    { ...v1, tag: 'tag-unsigned', ref: 'refs/tags/v3.0.0' },
  ],
  [
    'a signed tag under another name',
    'InvalidTagSignature',
    "says that it is the tag 'v1.0.0'",
    { ...v1, ref: 'refs/tags/v9.0.0' },
  ],
  [
    'a signed tag of another commit',
    'InvalidTagSignature',
    'says that it is the tag',
    { ...v1, commit: 'commit-pgp-rsa', ref: 'refs/tags/v1.0.0' },
  ],
  [
    'a changed tag',
    'InvalidTagSignature',
    'did not match',
    { ...v1, ref: 'refs/tags/v1.0.0', tamper: change('Signed by PGP', 'Signed by all') },
  ],
  [
    'a tag of somebody else',
    'InvalidTagSignature',
    'which is not trusted',
    { ...v1, keys: ['bob.asc'], ref: 'refs/tags/v1.0.0' },
  ],
  [
    'a mode for tags and a branch',
    'InvalidVerificationMode',
    'follows none',
    { mode: 'Tag', keys: [] },
  ],
  ['no Secret', 'VerificationError', 'Secret/apps/keys is not there', { keys: [] }],
  [
    'a Secret without keys',
    'VerificationError',
    'make.sh of Secret/apps/keys',
    { keys: ['make.sh'] },
  ],
])('%s is refused as %s', async (_, type, message, wanted) => {
  await expect(verify(wanted)).rejects.toMatchObject({
    type,
    message: expect.stringContaining(message) as string,
  });
});
