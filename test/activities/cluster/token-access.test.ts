import { expect, test, vi } from 'vitest';
import { ApiError } from '../../../activities/cluster/api-error.ts';
import type { Cluster } from '../../../activities/cluster/client.ts';
import { createTokenSource, readTokenAccess } from '../../../activities/cluster/token-access.ts';

const title = 'ConfigMap/apps/remote';
const generic = { provider: 'generic', address: 'https://c:6443', serviceAccountName: 'deployer' };
const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';

test.each([
  ['the address is the audience', generic, { audiences: ['https://c:6443'] }],
  ['audiences', { ...generic, audiences: 'a\n b\n' }, { audiences: ['a', 'b'] }],
  [
    'a host alone',
    { ...generic, address: 'c:6443' },
    { url: 'https://c:6443', audiences: ['c:6443'] },
  ],
  ['a certificate', { ...generic, 'ca.crt': pem }, { ca: pem }],
  ['an account', generic, { account: 'deployer' }],
])('of a ConfigMap is read: %s', (_, data, wanted) => {
  expect(readTokenAccess(data, title, {})).toMatchObject(wanted);
});

test('the worker names the account where the ConfigMap does not', () => {
  const { provider, address } = generic;
  const policy = { defaultKubeconfigServiceAccount: 'default' };
  expect(readTokenAccess({ provider, address }, title, policy).account).toBe('default');
  expect(readTokenAccess(generic, title, policy).account).toBe('deployer');
});

test.each([
  [{ ...generic, provider: 'aws' }, 'UnsupportedField', 'provider aws'],
  [{ ...generic, provider: 'other' }, 'ApplyFailed', 'provider "other"'],
  [{}, 'ApplyFailed', 'provider ""'],
  [{ ...generic, address: '' }, 'ApplyFailed', 'has no address'],
  [{ ...generic, address: 'http://c' }, 'ApplyFailed', 'it must be https'],
  [{ ...generic, 'ca.crt': '/etc/ca.crt' }, 'ApplyFailed', 'no certificate in PEM'],
  [{ ...generic, serviceAccountName: '' }, 'ApplyFailed', 'names no serviceAccountName'],
])('the ConfigMap %o is refused', (data, type, message) => {
  const read = (): unknown => readTokenAccess(data, title, {});
  expect(read).toThrow(expect.objectContaining({ type }));
  expect(read).toThrow(message);
  expect(read).toThrow(title);
});

/** A cluster that answers requests for tokens alone. */
function issuer(answer: () => unknown): { home: Cluster; request: ReturnType<typeof vi.fn> } {
  const request = vi.fn(() => Promise.resolve().then(answer));
  return { home: { request } as Partial<Cluster> as Cluster, request };
}

const wanted = { account: 'deployer', audiences: ['a'] };

test('a token is shared until a fifth of its life is left, and forgotten on demand', async () => {
  vi.useFakeTimers();
  try {
    let count = 0;
    const { home, request } = issuer(() => ({
      status: {
        token: `t${++count}`,
        expirationTimestamp: new Date(Date.now() + 1000_000).toISOString(),
      },
    }));
    const source = createTokenSource(home, 'apps', wanted);
    expect(await Promise.all([source.token(), source.token()])).toEqual(['t1', 't1']);
    vi.advanceTimersByTime(790_000);
    expect(await source.token()).toBe('t1');
    vi.advanceTimersByTime(20_000);
    expect(await source.token()).toBe('t2');
    source.forget();
    expect(await source.token()).toBe('t3');
    expect(request).toHaveBeenCalledTimes(3);
    const path = '/api/v1/namespaces/apps/serviceaccounts/deployer/token';
    expect(request).toHaveBeenCalledWith(expect.objectContaining({ method: 'POST', path }));
  } finally {
    vi.useRealTimers();
  }
});

test.each([
  [404, 'ApplyFailed'],
  [403, 'ApplyFailed'],
  [0, 'ClusterUnavailable'],
  [503, 'ClusterUnavailable'],
])('a refusal %i is %s, and asked for again', async (status, type) => {
  const { home, request } = issuer(() => {
    throw new ApiError(status, 'Reason', 'the message');
  });
  const source = createTokenSource(home, 'apps', wanted);
  const title = 'ServiceAccount/apps/deployer';
  await expect(source.token()).rejects.toMatchObject({ type });
  await expect(source.token()).rejects.toThrow(title);
  expect(request).toHaveBeenCalledTimes(2);
});
