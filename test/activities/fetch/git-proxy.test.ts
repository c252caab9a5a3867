import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import {
  addressOf,
  dial,
  environmentProxy,
  parseProxy,
  proxyIn,
} from '../../../activities/fetch/git-proxy.ts';

test.each([
  ['http://proxy', { protocol: 'http:', host: 'proxy', port: 80 }],
  ['https://proxy', { protocol: 'https:', host: 'proxy', port: 443 }],
  ['socks5://proxy', { protocol: 'socks5:', host: 'proxy', port: 1080 }],
  ['socks5h://proxy', { protocol: 'socks5:', host: 'proxy', port: 1080 }],
  ['http://[::1]:3128', { protocol: 'http:', host: '::1', port: 3128 }],
  [
    'http://ann:p%40ss@proxy:3128',
    { protocol: 'http:', host: 'proxy', port: 3128, username: 'ann', password: 'p@ss' },
  ],
])('the address %s is read', (address, proxy) => {
  expect(parseProxy(address)).toEqual(proxy);
});

test.each(['proxy:3128', 'ftp://proxy', 'http://', 'socks4://proxy', 'http://a%zz@proxy', ''])(
  'the address %j is none of a proxy',
  (address) => {
    expect(parseProxy(address)).toBeUndefined();
  },
);

test.each([
  ['lacks the address', {}],
  ['is not that of a proxy', { address: 'ftp://canary' }],
  ['is not that of a proxy', { address: 'http://ann:canary%zz@proxy' }],
  ['is not that of a proxy', { address: 'socks5://ca nary' }],
])(
  'a Secret whose address %s is named without a value',
  (fault, values: Record<string, string>) => {
    const secret = { title: 'Secret/ns/proxy', values: new Map(Object.entries(values)) };
    expect(() => proxyIn(secret)).toThrow(fault);
    expect(() => proxyIn(secret)).toThrow('Secret/ns/proxy');
    expect(() => proxyIn(secret)).not.toThrow('canary');
  },
);

test('an address is written without credentials', () => {
  const proxy = parseProxy('https://ann:x@[::1]:3128');
  expect(proxy && addressOf(proxy)).toBe('https://[::1]:3128');
});

test('a user beside the address wins over the one in it', () => {
  const proxy = parseProxy('http://ann:x@proxy', { username: 'bob', password: 'y' });
  expect(proxy).toMatchObject({ username: 'bob', password: 'y' });
});

const proxies = { http: 'http://plain:1', https: 'secure:2', all: 'socks5://all:3' };

test.each([
  ['http://host/x', 'plain'],
  ['https://host/x', 'secure'],
  ['ssh://git@host/x', 'all'],
])('the environment leads to %s by %s', (url, host) => {
  expect(environmentProxy(new URL(url), proxies)?.host).toBe(host);
});

test.each([
  ['host', 'https://host/x', false],
  ['other, HOST', 'https://host/x', false],
  ['.svc', 'https://git.ns.svc/x', false],
  ['svc', 'https://git.ns.svc/x', false],
  ['*.svc', 'https://git.ns.svc/x', false],
  ['10.0.0.1', 'https://10.0.0.1/x', false],
  ['host:8443', 'https://host:8443/x', false],
  ['*', 'ssh://git@host/x', false],
  ['host:8443', 'https://host/x', true],
  ['ost', 'https://host/x', true],
  ['', 'https://host/x', true],
])('NO_PROXY=%s is heeded for %s', (none, url, proxied) => {
  expect(environmentProxy(new URL(url), { ...proxies, none }) !== undefined).toBe(proxied);
});

test('what a server says at once is not lost behind the answer of a proxy', async () => {
  const server: Server = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nSSH-2.0-early\r\n'));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const proxy = parseProxy(`http://127.0.0.1:${port}`);
  const { signal } = new AbortController();
  const socket = await dial({ host: 'git.example', port: 22 }, proxy, { signal });
  let told = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) told += chunk.toString('utf8');
  expect(told).toBe('SSH-2.0-early\r\n');
  await new Promise((resolve) => server.close(resolve));
});
