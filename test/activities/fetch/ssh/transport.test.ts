import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookUp, type Remote } from '../../../../activities/fetch/git.ts';
import { commandOf } from '../../../../activities/fetch/ssh/transport.ts';
import { filesOf, plainPolicy, remoteWith } from '../../../support/git-remote.ts';
import { testRepository, type TestRepository } from '../../../support/repository.ts';
import { newKey, startSshServer, type SshServer } from '../../../support/ssh-server.ts';

let repository: TestRepository;
let server: SshServer;
let oldServer: SshServer;
const key = newKey();
const hostKeys = [newKey('ed25519'), newKey('rsa')];
const files = { 'a.yaml': 'a', 'deploy/b.yaml': 'b' };

beforeAll(async () => {
  repository = await testRepository();
  await repository.commit(files);
  const authorized = [key.public];
  server = await startSshServer({ authorized, hostKeys });
  oldServer = await startSshServer({ authorized, acceptsProtocol: false });
});

afterAll(async () => {
  await server.close();
  await oldServer.close();
  await repository.close();
});

function remote(
  at: SshServer = server,
  {
    identity = key.private,
    knownHosts = at.knownHosts,
    path = repository.path,
    kex = [],
  }: {
    identity?: string;
    knownHosts?: string;
    path?: string;
    kex?: readonly 'diffie-hellman-group14-sha256'[];
  } = {},
): Remote {
  const { user: username } = at;
  const ssh = { username, identity, knownHosts, title: 'Secret/ns/key' };
  const policy = { ...plainPolicy, algorithms: { kex, hostKey: [] } };
  return remoteWith({ url: at.url(path), ssh, policy });
}

test.each([
  ['version 2 of the protocol', () => server],
  ['version 0 of the protocol', () => oldServer],
])('a commit is fetched over ssh, in %s', async (_, at) => {
  const target = await lookUp(remote(at()), { branch: 'main' });
  expect(target.revision).toBe(`main@sha1:${await repository.git('rev-parse', 'HEAD')}`);
  expect(await filesOf(remote(at()), target)).toEqual(files);
});

test('a commit that no reference stands for any longer is found in either version', async () => {
  const before = await repository.git('rev-parse', 'HEAD');
  await repository.commit({ 'c.yaml': 'c' });
  const target = { commit: before, revision: `sha1:${before}` };
  expect(await filesOf(remote(server), target)).toEqual(files);
  expect(await filesOf(remote(oldServer), target)).toEqual(files);
});

describe('what is refused names the Secret and what to do', () => {
  const strange = newKey();

  test('a key that the server does not know', async () => {
    const failing = lookUp(remote(server, { identity: strange.private }), undefined);
    await expect(failing).rejects.toMatchObject({ type: 'AuthenticationFailed' });
    await expect(failing).rejects.toThrow(
      /refuses the key ssh-ed25519 SHA256:\S+ of Secret\/ns\/key/,
    );
  });

  test('a server whose key is another one', async () => {
    const knownHosts = `[127.0.0.1]:${server.port} ${strange.public}`;
    const failing = lookUp(remote(server, { knownHosts }), undefined);
    await expect(failing).rejects.toMatchObject({ type: 'AuthenticationFailed' });
    await expect(failing).rejects.toThrow('is not in known_hosts of Secret/ns/key');
  });

  test('a server whose key is revoked', async () => {
    const revoked = server.knownHosts.replaceAll(/^(?=.)/gm, '@revoked ');
    const knownHosts = `${server.knownHosts}${revoked}`;
    await expect(lookUp(remote(server, { knownHosts }), undefined)).rejects.toThrow(
      'is revoked by',
    );
  });

  test('a server that known_hosts does not name', async () => {
    const knownHosts = `example.com ${strange.public}`;
    const failing = lookUp(remote(server, { knownHosts }), undefined);
    await expect(failing).rejects.toThrow(`has no key of [127.0.0.1]:${server.port}`);
  });

  test('a server without a key of the type that known_hosts has', async () => {
    const knownHosts = `[127.0.0.1]:${server.port} ${newKey('ecdsa').public}`;
    const failing = lookUp(remote(server, { knownHosts }), undefined);
    await expect(failing).rejects.toThrow('has no key of the types that known_hosts');
  });

  test('a repository that is not there', async () => {
    const failing = lookUp(remote(server, { path: '/nowhere/repo.git' }), undefined);
    await expect(failing).rejects.toMatchObject({ type: 'GitOperationFailed' });
    await expect(failing).rejects.toThrow('/nowhere/repo.git');
  });

  test('a server that never answers, within the time of the source', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const knownHosts = `[127.0.0.1]:${port} ${strange.public}`;
    const { access } = remote(server, { knownHosts });
    const url = `ssh://git@127.0.0.1:${port}/repo.git`;
    await expect(
      lookUp({ access: { ...access, url }, timeoutMs: 1500 }, undefined),
    ).rejects.toThrow('did not answer within spec.timeout, 1.5s');
    silent.close();
  });
});

test('among several host keys the one that known_hosts has is asked for', async () => {
  const knownHosts = server.knownHosts.split('\n').find((line) => line.includes('ssh-rsa'));
  await expect(
    lookUp(remote(server, { knownHosts: knownHosts ?? '' }), { branch: 'main' }),
  ).resolves.toBeDefined();
});

test('a key exchange is used that the settings name', async () => {
  const at = remote(server, { kex: ['diffie-hellman-group14-sha256'] });
  await expect(lookUp(at, { branch: 'main' })).resolves.toBeDefined();
});

test.each([
  ['ssh://git@host/team/repo.git', "git-upload-pack '/team/repo.git'"],
  ['ssh://git@host/~ann/repo.git', "git-upload-pack '~ann/repo.git'"],
  ["ssh://git@host/it's/a%20b!.git", String.raw`git-upload-pack '/it'\''s/a b'\!'.git'`],
  ["ssh://git@host/x';id;'", String.raw`git-upload-pack '/x'\'';id;'\'''`],
])('the path of %s is quoted for the shell of the server', (url, command) => {
  expect(commandOf(url)).toBe(command);
});

test.each(['ssh://git@host/a%0Ab', 'ssh://git@host/a%00b', 'ssh://git@host/%zz'])(
  'the path of %s is refused',
  (url) => {
    expect(() => commandOf(url)).toThrow('spec.url');
  },
);
