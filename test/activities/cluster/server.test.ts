import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { serverByDefault, serverOfFile, serverOfText } from '../../../activities/cluster/server.ts';
import { directoryWith } from '../../support/files.ts';

const made: string[] = [];

afterAll(async () => {
  for (const directory of made) await rm(directory, { recursive: true, force: true });
});

function kubeconfig(user: object, cluster: object = {}): string {
  return JSON.stringify({
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'c', user: 'u', namespace: 'n' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://c:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  });
}

test('certificates and tokens are read from files beside the kubeconfig', async () => {
  const cluster = { 'certificate-authority': 'ca.crt', 'tls-server-name': 'other' };
  const user = { 'client-certificate': 'c.crt', 'client-key': 'c.key', tokenFile: 'token' };
  const directory = await directoryWith({
    config: kubeconfig(user, cluster),
    'ca.crt': 'authority',
    'c.crt': 'certificate',
    'c.key': 'key',
    token: 'first\n',
  });
  made.push(directory);
  const { url, tls, defaultNamespace, authorize } = await serverOfFile(join(directory, 'config'));
  expect([url, defaultNamespace, tls.servername, tls.rejectUnauthorized]).toEqual([
    'https://c:6443',
    'n',
    'other',
    true,
  ]);
  expect([tls.ca, tls.cert, tls.key].map(String)).toEqual(['authority', 'certificate', 'key']);
  expect(await authorize()).toEqual({ authorization: 'Bearer first' });
  // It is read again a minute later at the earliest.
  await writeFile(join(directory, 'token'), 'second');
  expect(await authorize()).toEqual({ authorization: 'Bearer first' });
});

test('data in the kubeconfig comes before files', async () => {
  const data = Buffer.from('inline').toString('base64');
  const cluster = { 'certificate-authority-data': data, 'certificate-authority': 'missing' };
  const { tls, authorize } = await serverOfText(kubeconfig({ token: 't' }, cluster));
  expect(String(tls.ca)).toBe('inline');
  expect(await authorize()).toEqual({ authorization: 'Bearer t' });
});

test('a kubeconfig whose user is told by a command is left to the library', async () => {
  const args = ['-e', 'process.stdout.write(process.env.ANSWER)'];
  const status = { token: 'from a command' };
  const answer = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status };
  const env = [{ name: 'ANSWER', value: JSON.stringify(answer) }];
  const exec = { apiVersion: answer.apiVersion, command: process.execPath, args, env };
  const { authorize } = await serverOfText(kubeconfig({ exec }));
  expect(await authorize()).toEqual({ authorization: 'Bearer from a command' });
});

test.each([
  ['names no cluster', '{ "clusters": [] }'],
  ['is empty', '{}'],
])('a kubeconfig that %s is refused', async (_, text) => {
  await expect(serverOfText(text)).rejects.toThrow(/no cluster in the kubeconfig/);
});

test('outside of a pod the environment of one counts for nothing', async () => {
  const environment = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  const server = await serverByDefault(environment).catch((error: unknown) => error);
  expect(JSON.stringify(server)).not.toContain('10.0.0.1');
});
