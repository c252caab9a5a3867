import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as tcpConnect, type Socket } from 'node:net';
import { once } from 'node:events';
import { SocksClient } from 'socks';
import { fail } from '../failures.ts';

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
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const protocol = protocols.find((known) => known === url?.protocol);
  if (!url || protocol === undefined || url.hostname === '') return undefined;
  const username = credentials.username ?? decodeURIComponent(url.username);
  const password = credentials.password ?? decodeURIComponent(url.password);
  return {
    protocol,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || standardPorts[protocol],
    ...(username === '' ? {} : { username, password }),
  };
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
