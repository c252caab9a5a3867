import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createServingCertificate } from '../../deploy/dev/stack/certificates.ts';
import { clientCertificate } from '../support/client-certificate.ts';
import {
  conditionOf,
  gitRepository,
  testNamespace,
  type Row,
  type TestNamespace,
} from '../support/cluster.ts';
import { startGithub } from '../support/github.ts';
import { startHttpProxy, startSocksProxy } from '../support/proxies.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';
import { newKey, startSshServer, type SshServer } from '../support/ssh-server.ts';

let space: TestNamespace;
let repository: TestRepository;
let revision: string;
let ssh: SshServer;
const key = newKey('ed25519', 'open sesame');
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  space = await testNamespace();
  repository = await testRepository();
  revision = `main@sha1:${await repository.commit({ 'a.yaml': 'a' })}`;
  ssh = await startSshServer({ authorized: [key.public] });
});

afterEach(async () => {
  for (const part of opened.splice(0)) await part.close();
});

afterAll(async () => {
  await ssh.close();
  await repository.close();
  await space.close();
});

async function secret(name: string, stringData: Record<string, string>): Promise<void> {
  await space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
}

async function refused(name: string): Promise<Row> {
  const row = await space.untilReady('GitRepository', name, 'False');
  const shown = JSON.stringify([row, await space.events(name)]);
  expect(shown).not.toMatch(/canary|PRIVATE KEY|open sesame/);
  return row;
}

function sshSecret(more: Record<string, string> = {}): Record<string, string> {
  return {
    identity: key.private,
    password: 'open sesame',
    known_hosts: ssh.knownHosts,
    ...more,
  };
}

test('a source is fetched over ssh with an encrypted key, and follows new commits', async () => {
  await secret('ssh', sshSecret());
  const url = ssh.url(repository.path);
  await space.apply(gitRepository('ssh', url, { secretRef: { name: 'ssh' } }));
  const row = await space.untilReady('GitRepository', 'ssh');
  expect(row.status.artifact?.revision).toBe(revision);
  revision = `main@sha1:${await repository.commit({ 'a.yaml': 'b' })}`;
  await space.signal('GitRepository', 'ssh');
  await space.until('GitRepository', 'ssh', ({ status }) => status.artifact?.revision === revision);
});

test.each<[string, Record<string, string> | undefined, string]>([
  ['no Secret', undefined, 'needs spec.secretRef'],
  ['no key', { identity: '' }, 'lacks identity'],
  ['no known hosts', { known_hosts: '' }, 'lacks known_hosts'],
  ['no passphrase', { password: '' }, 'put its passphrase'],
  ['another key', { identity: newKey().private }, 'refuses the key ssh-ed25519 SHA256:'],
  ['another server', { known_hosts: 'other' }, 'is not in known_hosts'],
])('ssh with %s is refused and says why', async (title, more, message) => {
  const name = `ssh-${title.replaceAll(/\W/g, '-').toLowerCase()}`;
  const other = `[127.0.0.1]:${ssh.port} ${newKey().public}\n`;
  const values = sshSecret(
    more?.['known_hosts'] === 'other' ? { known_hosts: other } : { ...more },
  );
  if (more) await secret(name, values);
  const secretRef = more ? { secretRef: { name } } : {};
  await space.apply(gitRepository(name, ssh.url(repository.path), secretRef));
  const row = await refused(name);
  expect(conditionOf(row, 'FetchFailed')).toMatchObject({ reason: 'AuthenticationFailed' });
  expect(conditionOf(row, 'Ready')?.message).toContain(message);
});

test('ca.crt wins over caFile, and a client certificate is shown', async () => {
  const { ca, certificate, key: serverKey } = await createServingCertificate();
  const client = await clientCertificate();
  const tls = { key: serverKey, cert: certificate, clientCa: client.cert };
  const encrypted = await testRepository({ tls });
  opened.push(encrypted);
  await encrypted.commit({ 'a.yaml': 'a' });
  await secret('tls', { 'ca.crt': ca, caFile: client.cert, 'tls.crt': client.cert });
  const spec = { secretRef: { name: 'tls' } };
  await space.apply(gitRepository('tls', encrypted.url, spec));
  const without = await refused('tls');
  expect(conditionOf(without, 'Ready')).toMatchObject({ reason: 'AuthenticationFailed' });
  expect(conditionOf(without, 'Ready')?.message).toContain('lacks tls.key');
  await secret('tls', { 'ca.crt': ca, 'tls.crt': client.cert, 'tls.key': client.key });
  await space.signal('GitRepository', 'tls');
  await space.untilReady('GitRepository', 'tls');
});

test('a password without a user is refused', async () => {
  await secret('no-user', { password: 'canary' });
  const spec = { secretRef: { name: 'no-user' } };
  await space.apply(gitRepository('no-user', repository.url, spec));
  const row = await refused('no-user');
  expect(conditionOf(row, 'FetchFailed')).toMatchObject({ reason: 'AuthenticationFailed' });
});

test('an unchanged remote is asked for its references, through the proxy, and nothing else', async () => {
  const user = { username: 'ann', password: 'canary' };
  const proxy = await startHttpProxy(user);
  opened.push(proxy);
  await secret('proxy', { address: proxy.url, ...user });
  const spec = { proxySecretRef: { name: 'proxy' } };
  await space.apply(gitRepository('proxy', repository.url, spec));
  await space.untilReady('GitRepository', 'proxy');
  const before = proxy.seen.length;
  expect(before).toBeGreaterThan(0);
  await space.signal('GitRepository', 'proxy');
  await expect
    .poll(() => proxy.seen.length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(before + 2);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(proxy.seen.slice(before)).toEqual([
    `GET ${repository.url}/info/refs?service=git-upload-pack`,
    `POST ${repository.url}/git-upload-pack`,
  ]);
  const events = await space.events('proxy');
  expect(events.filter(({ reason }) => reason === 'NewArtifact')).toHaveLength(1);
});

test('a proxy of SOCKS 5 leads to a server of ssh; without its address it is refused', async () => {
  const proxy = await startSocksProxy();
  opened.push(proxy);
  await secret('socks', { username: 'ann' });
  await secret('socks-key', sshSecret());
  const spec = { secretRef: { name: 'socks-key' }, proxySecretRef: { name: 'socks' } };
  await space.apply(gitRepository('socks', ssh.url(repository.path), spec));
  expect(conditionOf(await refused('socks'), 'Ready')?.message).toContain('lacks the address');
  await secret('socks', { address: proxy.url });
  await space.signal('GitRepository', 'socks');
  await space.untilReady('GitRepository', 'socks');
  expect(proxy.seen).toContain(`CONNECT 127.0.0.1:${ssh.port}`);
});

test('a GitHub App gets a token for the repository', async () => {
  const pem = { type: 'pkcs1', format: 'pem' } as const;
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: pem,
    publicKeyEncoding: pem,
  });
  const token = 'ghs_canary';
  const authorization = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const locked = await testRepository({ authorization });
  const github = await startGithub({
    appId: '12',
    publicKey: pair.publicKey,
    installation: { id: 34, owner: 'team' },
    token,
  });
  opened.push(locked, github);
  await locked.commit({ 'a.yaml': 'a' });
  const app = {
    githubAppID: '12',
    githubAppPrivateKey: pair.privateKey,
    githubAppBaseURL: github.url,
    githubAppInstallationID: '34',
  };
  await secret('app', { ...app, githubAppInstallationOwner: 'team' });
  const spec = { provider: 'github', secretRef: { name: 'app' } };
  await space.apply(gitRepository('app', locked.url, spec));
  const row = await refused('app');
  expect(conditionOf(row, 'FetchFailed')).toMatchObject({ reason: 'InvalidProviderConfiguration' });
  await space.patch('Secret', 'app', { data: { githubAppInstallationOwner: null } });
  await space.signal('GitRepository', 'app');
  await space.untilReady('GitRepository', 'app');
});

test.each([
  ['no Secret', { provider: 'github' }],
  ['a Secret of an app, and another provider', { secretRef: { name: 'app-id' } }],
])('a provider with %s stalls the source', async (title, spec) => {
  const name = `provider-${title.length}`;
  await secret('app-id', { githubAppID: '12' });
  await space.apply(gitRepository(name, repository.url, spec));
  const row = await refused(name);
  for (const type of ['Stalled', 'FetchFailed']) {
    const reason = 'InvalidProviderConfiguration';
    expect(conditionOf(row, type)).toMatchObject({ status: 'True', reason });
  }
});

test('a repository without a commit says so, until there is one', async () => {
  const empty = await testRepository();
  opened.push(empty);
  await space.apply(gitRepository('empty', empty.url));
  const row = await space.untilReady('GitRepository', 'empty', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({ reason: 'EmptyGitRepository' });
  await empty.commit({ 'a.yaml': 'a' });
  await space.signal('GitRepository', 'empty');
  await space.untilReady('GitRepository', 'empty');
});

test('a reference is followed by its name, and a commit wins over all', async () => {
  const head = await repository.git('rev-parse', 'HEAD');
  await repository.git('push', '--quiet', 'origin', 'HEAD:refs/pull/420/head');
  const name = 'refs/pull/420/head';
  await space.apply(gitRepository('named', repository.url, { ref: { name, branch: 'gone' } }));
  const named = await space.untilReady('GitRepository', 'named');
  expect(named.status.artifact?.revision).toBe(`${name}@sha1:${head}`);
  const ref = { commit: head, name: 'refs/heads/gone', tag: 'gone' };
  await space.apply(gitRepository('pinned', repository.url, { ref }));
  const pinned = await space.untilReady('GitRepository', 'pinned');
  expect(pinned.status.artifact?.revision).toBe(`sha1:${head}`);
});
