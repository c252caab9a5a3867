import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseProxy, type Proxy } from '../../../activities/fetch/git-proxy.ts';
import { lookUp, remoteAt } from '../../../activities/fetch/git.ts';
import { createServingCertificate } from '../../../deploy/dev/stack/certificates.ts';
import { clientCertificate } from '../../support/client-certificate.ts';
import { filesOf, remoteWith } from '../../support/git-remote.ts';
import { startHttpProxy, startSocksProxy, type TestProxy } from '../../support/proxies.ts';
import { testRepository, type TestRepository } from '../../support/repository.ts';
import { newKey, startSshServer, type SshServer } from '../../support/ssh-server.ts';

const main = { branch: 'main' };
const opened: { close(): Promise<unknown> }[] = [];
let plain: TestRepository;
let encrypted: TestRepository;
let ssh: SshServer;
let ca: string;
let serving: { key: string; cert: string };
let client: { cert: string; key: string };
const identity = newKey();

beforeAll(async () => {
  const made = await createServingCertificate();
  client = await clientCertificate();
  ca = made.ca;
  serving = { key: made.key, cert: made.certificate };
  plain = await testRepository();
  const tls = { ...serving, clientCa: client.cert };
  encrypted = await testRepository({ tls });
  ssh = await startSshServer({ authorized: [identity.public] });
  opened.push(plain, encrypted, ssh);
  await plain.commit({ 'a.yaml': 'plain' });
  await encrypted.commit({ 'a.yaml': 'encrypted' });
});

afterAll(async () => {
  for (const part of opened) await part.close();
});

describe('TLS', () => {
  test('a commit comes from a server of a private authority, with a certificate of the client', async () => {
    const remote = remoteWith({ url: encrypted.url, tls: { ca, ...client } });
    expect(await filesOf(remote, await lookUp(remote, main))).toEqual({ 'a.yaml': 'encrypted' });
  });

  test.each([
    ['without the authority', () => client, /self-signed|unable to/],
    ['without a certificate', () => ({ ca }), /certificate required|closed|reset/i],
  ])('it is refused %s', async (_, tls, message) => {
    const failing = lookUp(remoteWith({ url: encrypted.url, tls: tls() }), main);
    await expect(failing).rejects.toMatchObject({ type: 'GitOperationFailed' });
    await expect(failing).rejects.toThrow(message);
  });
});

describe('a proxy', () => {
  const user = { username: 'ann', password: 'p@ss:word' };
  const canary = 'canary-of-a-password';

  function through(proxy: TestProxy, credentials: Partial<typeof user>): Proxy {
    const parsed = parseProxy(proxy.url, credentials);
    if (!parsed) throw new Error(`${proxy.url} is no proxy`);
    return parsed;
  }

  async function fetchAll(proxy: Proxy): Promise<void> {
    const { user: username, knownHosts } = ssh;
    const key = { username, identity: identity.private, knownHosts, title: 'Secret/ns/key' };
    for (const [access, text] of [
      [{ url: plain.url }, 'plain'],
      [{ url: encrypted.url, tls: { ca, ...client } }, 'encrypted'],
      [{ url: ssh.url(plain.path), ssh: key }, 'plain'],
    ] as const) {
      const remote = remoteWith({ ...access, proxy });
      expect(await filesOf(remote, await lookUp(remote, main))).toEqual({ 'a.yaml': text });
    }
  }

  test('of HTTP forwards what is not encrypted and opens tunnels for the rest', async () => {
    const proxy = await startHttpProxy(user);
    opened.push(proxy);
    await fetchAll(through(proxy, user));
    const ports = [encrypted.url, ssh.url('')].map((url) => new URL(url).port);
    const tunnels = ports.map((port) => `CONNECT 127.0.0.1:${port}`);
    const gets = `GET ${plain.url}/info/refs?service=git-upload-pack`;
    expect(proxy.seen).toEqual(expect.arrayContaining([gets, ...tunnels]));
    expect(proxy.seen).not.toContain(`CONNECT ${new URL(plain.url).host}`);
  });

  test('of SOCKS 5 is used for http, https and ssh', async () => {
    const proxy = await startSocksProxy(user);
    opened.push(proxy);
    await fetchAll(through(proxy, user));
    const hosts = [plain.url, encrypted.url, ssh.url('')].map((url) => new URL(url).host);
    expect(new Set(proxy.seen)).toEqual(new Set(hosts.map((host) => `CONNECT ${host}`)));
  });

  test('is spoken to over TLS where its address says so', async () => {
    const proxy = await startHttpProxy(user, serving);
    opened.push(proxy);
    const tls = { ca, ...client };
    const remote = remoteWith({ url: encrypted.url, tls, proxy: through(proxy, user) });
    await expect(lookUp(remote, main)).resolves.toBeDefined();
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT ${new URL(encrypted.url).host}`]));
  });

  test.each([
    ['HTTP', () => startHttpProxy(user)],
    ['SOCKS 5', () => startSocksProxy(user)],
  ])('of %s that refuses the user is named without the password', async (_, start) => {
    const proxy = await start();
    opened.push(proxy);
    const wrong = through(proxy, { username: 'ann', password: canary });
    for (const url of [plain.url, encrypted.url]) {
      const failing = lookUp(remoteWith({ url, tls: { ca, ...client }, proxy: wrong }), main);
      await expect(failing).rejects.toMatchObject({ type: 'GitOperationFailed' });
      await expect(failing).rejects.not.toThrow(canary);
    }
  });

  test('that is not there is named', async () => {
    const proxy = await startSocksProxy();
    await proxy.close();
    const failing = lookUp(remoteWith({ url: plain.url, proxy: through(proxy, {}) }), main);
    await expect(failing).rejects.toThrow(`the proxy ${proxy.url} does not lead to`);
  });
});

test('a commit is fetched alone, whatever history is behind it', async () => {
  const repository = await testRepository();
  opened.push(repository);
  const first = await repository.commit({ 'a.yaml': '1' });
  await repository.commit({ 'a.yaml': '2' });
  await repository.git('tag', '-a', 'v1.0.0', '-m', 'annotated');
  await repository.git('update-ref', 'refs/pull/420/head', 'HEAD');
  await repository.git('push', '--quiet', 'origin', 'refs/pull/420/head');
  await repository.push();
  const remote = remoteWith({ url: repository.url });
  const head = await repository.git('rev-parse', 'HEAD');
  const pull = await lookUp(remote, { name: 'refs/pull/420/head', tag: 'v1.0.0' });
  expect(pull.revision).toBe(`refs/pull/420/head@sha1:${head}`);
  expect(await filesOf(remote, pull)).toEqual({ 'a.yaml': '2' });
  const tag = await lookUp(remote, { tag: 'v1.0.0' });
  expect(tag).toMatchObject({ commit: head, tag: await repository.git('rev-parse', 'v1.0.0') });
  expect(await filesOf(remote, tag)).toEqual({ 'a.yaml': '2' });
  const pinned = await lookUp(remote, { commit: first, tag: 'v1.0.0' });
  expect(pinned.revision).toBe(`sha1:${first}`);
  expect(await filesOf(remote, pinned)).toEqual({ 'a.yaml': '1' });
});

test('a look takes one connection, and a fetch another', async () => {
  const origin = Number(new URL(plain.url).port);
  let connections = 0;
  const counter = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined);
    socket.pipe(connect(origin, '127.0.0.1').on('error', () => undefined)).pipe(socket);
  });
  await new Promise<void>((resolve) => counter.listen(0, '127.0.0.1', resolve));
  opened.push({ close: () => Promise.resolve(counter.close()) });
  const address = counter.address();
  const url = new URL(plain.url);
  url.port = String(typeof address === 'object' && address ? address.port : 0);
  const remote = remoteWith({ url: url.href });
  const target = await lookUp(remote, main);
  expect(connections).toBe(1);
  expect(await filesOf(remote, target)).toEqual({ 'a.yaml': 'plain' });
  expect(connections).toBe(2);
});

test('a commit of a branch has to be in its history', async () => {
  const repository = await testRepository();
  opened.push(repository);
  const first = await repository.commit({ 'a.yaml': '1' });
  await repository.commit({ 'a.yaml': '2' });
  await repository.git('checkout', '--quiet', '-b', 'other', first);
  const foreign = await repository.commit({ 'a.yaml': 'other' });
  const remote = remoteWith({ url: repository.url });
  const own = await lookUp(remote, { branch: 'main', commit: first });
  expect(own.revision).toBe(`main@sha1:${first}`);
  expect(await filesOf(remote, own)).toEqual({ 'a.yaml': '1' });
  const target = await lookUp(remote, { branch: 'main', commit: foreign });
  await expect(filesOf(remote, target)).rejects.toThrow(`does not hold the commit ${foreign}`);
  const unknown = { commit: 'b'.repeat(40), revision: 'x' };
  await expect(filesOf(remote, unknown)).rejects.toThrow(`no commit ${unknown.commit}`);
});

test('credentials go to the host that they were given for, and no other', () => {
  const authorization = 'Basic x';
  const tls = { ca, ...client };
  const remote = remoteWith({ url: 'https://git.example/team/repo', authorization, tls });
  const own = remoteAt(remote, 'https://ann@git.example/other').access;
  expect(own).toMatchObject({ url: 'https://git.example/other', authorization, tls });
  for (const url of [
    'https://evil.example/x',
    'http://git.example/x',
    'https://git.example:444/x',
  ]) {
    const { access } = remoteAt(remote, url);
    expect(access).not.toHaveProperty('authorization');
    expect(access.tls).toEqual({ ca });
  }
});
