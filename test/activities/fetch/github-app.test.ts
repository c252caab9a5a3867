import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { createConnections } from '../../../activities/fetch/git-connections.ts';
import { lookUp } from '../../../activities/fetch/git.ts';
import {
  createInstallationTokens,
  readGithubApp,
  type InstallationTokens,
} from '../../../activities/fetch/github-app.ts';
import { plainPolicy, remoteWith } from '../../support/git-remote.ts';
import { startGithub, type GithubOptions, type TestGithub } from '../../support/github.ts';
import { testRepository } from '../../support/repository.ts';

const pem = { type: 'pkcs1', format: 'pem' } as const;
const options = { modulusLength: 2048, privateKeyEncoding: pem, publicKeyEncoding: pem };
const pair = generateKeyPairSync('rsa', options);
const title = 'Secret/ns/app';
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const part of opened.splice(0)) await part.close();
});

async function github(more: Partial<GithubOptions> = {}): Promise<TestGithub> {
  const server = await startGithub({
    appId: '12',
    publicKey: pair.publicKey,
    installation: { id: 34, owner: 'team' },
    token: 'ghs_token',
    ...more,
  });
  opened.push(server);
  return server;
}

function secret(values: Record<string, string> = {}): Map<string, string> {
  const { privateKey: githubAppPrivateKey } = pair;
  return new Map(Object.entries({ githubAppID: '12', githubAppPrivateKey, ...values }));
}

async function token(
  server: TestGithub,
  values: Record<string, string>,
  tokens: InstallationTokens = createInstallationTokens(),
): Promise<string> {
  const app = readGithubApp(secret({ githubAppBaseURL: server.url, ...values }), title);
  const signal = AbortSignal.timeout(10_000);
  const connections = createConnections({}, undefined, signal);
  try {
    return await tokens.token(app, connections, signal);
  } finally {
    connections.close();
  }
}

test('a token is asked for once, and again shortly before it expires', async () => {
  const values = { githubAppInstallationID: '34' };
  const [lasting, short] = [await github(), await github({ seconds: 290 })];
  const tokens = createInstallationTokens();
  for (const server of [lasting, lasting, short, short]) {
    expect(await token(server, values, tokens)).toBe('ghs_token');
  }
  expect([lasting.tokens(), short.tokens()]).toEqual([1, 2]);
});

test.each(['orgs', 'users', 'list'] as const)(
  'the installation of an owner is found by way of %s',
  async (lookup) => {
    const server = await github({ lookup });
    expect(await token(server, { githubAppInstallationOwner: 'team' })).toBe('ghs_token');
  },
);

test('a repository is fetched with the token', async () => {
  const pairOf = Buffer.from('x-access-token:ghs_token').toString('base64');
  const repository = await testRepository({ authorization: `Basic ${pairOf}` });
  opened.push(repository);
  await repository.commit({ 'a.yaml': 'a' });
  const server = await github();
  const values = { githubAppInstallationID: '34', githubAppBaseURL: `${server.url}/` };
  const policy = { ...plainPolicy, tokens: createInstallationTokens() };
  const app = readGithubApp(secret(values), title);
  const remote = remoteWith({ url: repository.url, app, policy });
  await expect(lookUp(remote, { branch: 'main' })).resolves.toBeDefined();
  await expect(lookUp(remote, { branch: 'main' })).resolves.toBeDefined();
  expect(server.tokens()).toBe(1);
});

describe('what is refused tells what to do and no key', () => {
  test.each([
    [
      'an owner without an installation',
      { githubAppInstallationOwner: 'nobody' },
      'is not installed for nobody',
    ],
    ['an installation that is not there', { githubAppInstallationID: '99' }, 'HTTP 404'],
    ['another app', { githubAppID: '13', githubAppInstallationID: '34' }, 'HTTP 401'],
  ])('%s', async (_, values, message) => {
    const failing = token(await github(), values);
    await expect(failing).rejects.toMatchObject({ type: 'AuthenticationFailed' });
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toThrow(title);
  });

  test('a key that can not sign', async () => {
    const values = { githubAppInstallationID: '34', githubAppPrivateKey: 'canary' };
    const failing = token(await github(), values);
    await expect(failing).rejects.toThrow('is no private RSA key');
    await expect(failing).rejects.not.toThrow('canary');
  });

  test.each([
    ['no app', { githubAppID: '', githubAppInstallationID: '1' }, 'lacks githubAppID'],
    [
      'no key',
      { githubAppPrivateKey: '', githubAppInstallationID: '1' },
      'lacks githubAppPrivateKey',
    ],
    ['no installation', {}, 'needs either'],
    [
      'two installations',
      { githubAppInstallationID: '1', githubAppInstallationOwner: 'x' },
      'needs either',
    ],
    ['a name for a number', { githubAppInstallationID: 'x' }, 'no number'],
    ['no address', { githubAppInstallationID: '1', githubAppBaseURL: 'github' }, 'no URL'],
  ])('a Secret with %s', (_, values, message) => {
    const read = (): unknown => readGithubApp(secret(values), title);
    expect(read).toThrow(expect.objectContaining({ type: 'InvalidProviderSecret' }));
    expect(read).toThrow(message);
  });
});
