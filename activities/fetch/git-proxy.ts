import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, connect as tcpConnect, type Socket } from 'node:net';
import { once } from 'node:events';
import { SocksClient } from 'socks';
import { fail } from '../failures.ts';
import type { ReadSecret } from './source-secrets.ts';

/** A proxy on the way to a remote. */
export interface Proxy {
  readonly protocol: 'http:' | 'https:' | 'socks5:';
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** The proxies of the worker's own environment, as its variables hold them. */
export interface EnvironmentProxies {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  /** For ssh, and for the others where they have none of their own. */
  readonly all?: string | undefined;
  /** Hosts that are reached directly: names, suffixes such as .svc, addresses, or an asterisk. */
  readonly none?: string | undefined;
}

/** Reads the address of a proxy; undefined where it is none. A user and a password in it count where none are given beside it. */
export function parseProxy(
  address: string,
  credentials: {
    readonly username?: string | undefined;
    readonly password?: string | undefined;
  } = {},
): Proxy | undefined {
  // Names are left to the proxy in any case.
  const text = address.replace(/^socks5h:/i, 'socks5:');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const protocol = protocols.find((known) => known === url?.protocol);
  if (!url || !protocol || !isHost(url.hostname)) return undefined;
  const username = credentials.username ?? decoded(url.username);
  const password = credentials.password ?? decoded(url.password);
  const user = userOf(username, password);
  return (
    user && {
      protocol,
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port) || standardPorts[protocol],
      ...user,
    }
  );
}

/** Undefined where a part could not be read. */
function userOf(
  username: string | undefined,
  password: string | undefined,
): Pick<Proxy, 'username' | 'password'> | undefined {
  if (username === undefined || password === undefined) return undefined;
  return username === '' ? {} : { username, password };
}

/** Reads the proxy that a Secret tells of, by Flux's keys. Raises AuthenticationFailed, naming the key at fault, never a value. */
export function proxyIn({ title, values }: ReadSecret): Proxy {
  const address = values.get('address')?.trim();
  if (!address) throw fail('AuthenticationFailed', `${title} lacks the address of the proxy`);
  const [username, password] = [values.get('username'), values.get('password')];
  const proxy = parseProxy(address, { username, password });
  if (proxy) return proxy;
  const advice = 'write it like http://host:port, https://host:port or socks5://host:port';
  throw fail('AuthenticationFailed', `the address in ${title} is not that of a proxy: ${advice}`);
}

/** The address of a proxy without its credentials. */
export function addressOf({ protocol, host, port }: Proxy): string {
  return `${protocol}//${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function isHost(name: string): boolean {
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const protocols = ['http:', 'https:', 'socks5:'] as const;
const standardPorts = { 'http:': 80, 'https:': 443, 'socks5:': 1080 } as const;

/** The proxy that the environment names for an address; undefined where it is reached directly. */
export function environmentProxy(
  url: URL,
  { http, https, all, none = '' }: EnvironmentProxies,
): Proxy | undefined {
  const own = { 'http:': http, 'https:': https }[url.protocol];
  const address = [own, all].find((text) => text !== undefined && text !== '');
  if (address === undefined || isDirect(url, none)) return undefined;
  // Go's controllers take an address without a scheme for one of HTTP.
  return parseProxy(address.includes('://') ? address : `http://${address}`);
}

function isDirect({ hostname, port }: URL, none: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return none
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', only] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (only !== undefined && only !== port) return false;
      const suffix = name.replace(/^\*?\.?/, '.');
      return host === name || host.endsWith(suffix);
    });
}

/**
 * Opens a connection to a host through a proxy, or directly where there is none. Raises GitOperationFailed naming the proxy, without the
 * credentials that it was given.
 */
export async function dial(
  { host, port }: { readonly host: string; readonly port: number },
  proxy: Proxy | undefined,
  { signal, ca }: { readonly signal: AbortSignal; readonly ca?: string | undefined },
): Promise<Socket> {
  if (!proxy) {
    const socket = tcpConnect({ host, port, signal });
    await once(socket, 'connect');
    return socket;
  }
  try {
    if (proxy.protocol === 'socks5:') return await throughSocks({ host, port }, proxy);
    return await throughTunnel({ host, port }, proxy, { signal, ca });
  } catch (error) {
    const title = `the proxy ${proxy.protocol}//${proxy.host}:${proxy.port}`;
    const reason = error instanceof Error ? error.message : String(error);
    throw fail('GitOperationFailed', `${title} does not lead to ${host}:${port}: ${reason}`);
  }
}

const connectMs = 30_000;

async function throughSocks(
  destination: { host: string; port: number },
  { host, port, username, password }: Proxy,
): Promise<Socket> {
  const credentials = username === undefined ? {} : { userId: username, password: password ?? '' };
  const { socket } = await SocksClient.createConnection({
    command: 'connect',
    destination,
    proxy: { host, port, type: 5, ...credentials },
    timeout: connectMs,
  });
  return socket;
}

async function throughTunnel(
  { host, port }: { host: string; port: number },
  proxy: Proxy,
  { signal, ca }: { signal: AbortSignal; ca?: string | undefined },
): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const options = {
    method: 'CONNECT',
    host: proxy.host,
    port: proxy.port,
    path: authority,
    agent: false,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    signal,
    ...(ca === undefined ? {} : { ca }),
  } as const;
  const request: ClientRequest =
    proxy.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
  return new Promise((resolve, reject) => {
    request.once(
      'connect',
      ({ statusCode = 0 }: IncomingMessage, socket: Socket, early: Buffer) => {
        if (statusCode === 200) {
          // A server of SSH speaks first, and its words may come with the answer of the proxy.
          if (early.length > 0) socket.unshift(early);
          resolve(socket);
          return;
        }
        socket.destroy();
        const advice = statusCode === 407 ? ': check username and password of the proxy' : '';
        reject(new Error(`HTTP ${statusCode}${advice}`));
      },
    );
    request.once('response', ({ statusCode = 0 }: IncomingMessage) => {
      request.destroy();
      reject(new Error(`HTTP ${statusCode} instead of a tunnel`));
    });
    request.once('error', reject);
    request.end();
  });
}

/** The header that a proxy wants to see; empty where it has no user. */
export function proxyAuthorization({ username, password = '' }: Proxy): Record<string, string> {
  if (username === undefined) return {};
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  return { 'proxy-authorization': `Basic ${pair}` };
}
