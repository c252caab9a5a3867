import { expect, test } from 'vitest';
import { sanitizeKubeConfig } from '../../../activities/cluster/kubeconfig.ts';

const strict = { insecureKubeconfigTls: false };

function kubeconfig({
  cluster = {},
  user = { token: 't' },
}: { cluster?: object; user?: object } = {}): string {
  return JSON.stringify({
    'current-context': 'a',
    contexts: [
      { name: 'b', context: { cluster: 'other', user: 'other' } },
      { name: 'a', context: { cluster: 'c', user: 'u', namespace: 'n' } },
    ],
    clusters: [
      { name: 'c', cluster: { server: 'https://c:6443', ...cluster } },
      { name: 'other', cluster: { server: 'https://other' } },
    ],
    users: [
      { name: 'u', user },
      { name: 'other', user: { token: 'other' } },
    ],
  });
}

interface Sanitized {
  clusters: { cluster: Record<string, unknown> }[];
  users: { user: Record<string, unknown> }[];
}

const sanitized = (text: string, policy = strict): Sanitized =>
  JSON.parse(sanitizeKubeConfig(text, policy)) as Sanitized;

test('only the current context is kept', () => {
  const { clusters, users } = sanitized(kubeconfig());
  expect(clusters.map(({ cluster }) => cluster['server'])).toEqual(['https://c:6443']);
  expect(users.map(({ user }) => user)).toEqual([{ token: 't' }]);
});

test('the verification of certificates can be turned off only where the worker allows it', () => {
  const text = kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } });
  const flag = 'insecure-skip-tls-verify';
  expect(sanitized(text).clusters[0]?.cluster).not.toHaveProperty(flag);
  expect(sanitized(text, { insecureKubeconfigTls: true }).clusters[0]?.cluster).toHaveProperty(
    flag,
  );
});

test('commands, plugins and files beside inline credentials are dropped', () => {
  const user = { token: 't', exec: { command: 'sh' }, 'auth-provider': {}, tokenFile: '/etc/x' };
  expect(sanitized(kubeconfig({ user })).users[0]?.user).toEqual({ token: 't' });
});

test.each([
  ['a command', kubeconfig({ user: { exec: { command: 'sh' } } }), 'told by exec'],
  ['a token file', kubeconfig({ user: { tokenFile: '/var/run/token' } }), 'told by tokenFile'],
  ['a key file', kubeconfig({ user: { 'client-key': '/k' } }), 'told by client-key'],
  ['a CA file', kubeconfig({ cluster: { 'certificate-authority': '/ca' } }), 'names a file'],
  ['a proxy', kubeconfig({ cluster: { 'proxy-url': 'http://p' } }), 'proxy-url'],
  ['another scheme', kubeconfig({ cluster: { server: 'file:///x' } }), 'clusters.0.cluster.server'],
  ['no YAML', 'a: [', 'not valid YAML'],
  ['something else', 'a: b', 'contexts'],
  ['no such context', '{current-context: x, contexts: [], clusters: [], users: []}', '"x"'],
])('%s is refused', (_, text, fault) => {
  expect(() => sanitizeKubeConfig(text, strict)).toThrow(fault);
});
