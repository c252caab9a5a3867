import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { Agent, ProxyAgent, request, Socks5ProxyAgent, type Dispatcher } from 'undici';
import { placeOf, RegistryError } from './registry-error.ts';

/** How a registry is reached. */
export interface TransportOptions {
  readonly host: string;
  /** Allows plain HTTP, and a certificate that nobody vouches for where no authority is given. */
  readonly insecure: boolean;
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly proxy?: {
    readonly address: string;
    readonly username?: string;
    readonly password?: string;
  };
  /** Ends every request. */
  readonly signal: AbortSignal;
}

/** One request; a path is one of the registry, a URL may lead elsewhere. */
export interface WireRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
}

/** An answer, whatever its status; its body has to be read or dumped. */
export type WireAnswer = Dispatcher.ResponseData & { readonly url: URL };

/** Requests to one registry, and to where it redirects. */
export interface Transport {
  /** Raises RegistryError where nobody answers. */
  send(wanted: WireRequest): Promise<WireAnswer>;
  /** True for an address of the registry itself. */
  isRegistry(url: URL): boolean;
  close(): Promise<void>;
}

/** Opens a transport: TLS where the registry speaks it; plain HTTP only where that is allowed, or where it never leaves this machine. */
export function openTransport(options: TransportOptions): Transport {
  const { host, insecure, tls = {}, signal } = options;
  const verified = tls.ca === undefined ? {} : { ca: [...rootCertificates, tls.ca] };
  const unverified = insecure && tls.ca === undefined ? { rejectUnauthorized: false } : {};
  const { cert, key } = tls;
  const client = cert === undefined || key === undefined ? {} : { cert, key };
  const own = dispatcher(options, { ...verified, ...unverified, ...client });
  // What a redirect names is another party: no client certificate goes there, and its own is always verified.
  const other = dispatcher(options, verified);
  const schemes = insecure || isLoopback(host) ? ['https', 'http'] : ['https'];
  let origin: string | undefined;
  const isRegistry = (url: URL): boolean => url.host === new URL(`${url.protocol}//${host}`).host;
  const ask = async (
    url: URL,
    { method, headers = {}, body }: WireRequest,
  ): Promise<WireAnswer> => {
    const agent = isRegistry(url) ? own : other;
    const wanted = { method, headers, body: body ?? null, dispatcher: agent, signal };
    return Object.assign(await request(url, wanted), { url });
  };
  return {
    isRegistry,
    async send(wanted) {
      const { target } = wanted;
      if (target instanceof URL) return attempt(target, () => ask(target, wanted));
      if (origin !== undefined) {
        const url = new URL(`${origin}${target}`);
        return attempt(url, () => ask(url, wanted));
      }
      for (const [at, scheme] of schemes.entries()) {
        const url = new URL(`${scheme}://${host}${target}`);
        try {
          const answer = await attempt(url, () => ask(url, wanted));
          ({ origin } = url);
          return answer;
        } catch (error) {
          if (at === schemes.length - 1 || signal.aborted) throw error;
        }
      }
      throw new RegistryError(0, `${host} can not be asked`);
    },
    async close() {
      await Promise.all([own.destroy(), other.destroy()]);
    },
  };
}

async function attempt(url: URL, ask: () => Promise<WireAnswer>): Promise<WireAnswer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') throw error;
    throw new RegistryError(0, `${placeOf(url)} does not answer: ${causeOf(error)}`);
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return (cause instanceof Error && cause.message) || error.message || code;
}

type TlsOptions = Readonly<Record<string, string | string[] | boolean>>;

function dispatcher({ proxy }: TransportOptions, tls: TlsOptions): Dispatcher {
  if (!proxy) return new Agent({ connect: tls });
  const { address, username, password = '' } = proxy;
  if (/^socks5h?:/.test(address)) {
    const user = username === undefined ? {} : { username, password };
    // The types do not tell of requestTls, which the agent reads.
    const options: Socks5ProxyAgent.Options = Object.assign(user, { requestTls: tls });
    return new Socks5ProxyAgent(address, options);
  }
  const basic = Buffer.from(`${username ?? ''}:${password}`).toString('base64');
  const token = username === undefined ? {} : { token: `Basic ${basic}` };
  return new ProxyAgent({ uri: address, requestTls: tls, ...token });
}

function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
