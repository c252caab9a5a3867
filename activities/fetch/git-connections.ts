import { Agent, buildConnector, ProxyAgent, type Dispatcher } from 'undici';
import { dial, proxyAuthorization, type Proxy } from './git-proxy.ts';

/** PEM texts for TLS: the authorities to trust in place of the usual ones, and a client certificate. */
export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Connections for the HTTP requests of one operation. */
export interface Connections {
  to(url: string): Dispatcher;
  /** Ends what is open, without waiting for it. */
  close(): void;
}

/** Connections with the TLS settings and through the proxy of one remote. */
export function createConnections(
  tls: TlsTexts,
  proxy: Proxy | undefined,
  signal: AbortSignal,
): Connections {
  const encrypted = new Agent({ connect: proxy ? tunneled(tls, proxy, signal) : { ...tls } });
  // A proxy of HTTP often lets only port 443 through a tunnel, so what is not encrypted is asked of the proxy itself.
  const plain = proxy?.protocol === 'http:' ? plainThrough(proxy) : encrypted;
  return {
    to: (url) => (url.startsWith('https:') ? encrypted : plain),
    close() {
      void encrypted.destroy();
      void plain.destroy();
    },
  };
}

function tunneled(tls: TlsTexts, proxy: Proxy, signal: AbortSignal): buildConnector.connector {
  const encrypt = buildConnector({ ...tls });
  return (options, callback) => {
    const isTls = options.protocol === 'https:';
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = Number(options.port) || (isTls ? 443 : 80);
    dial({ host, port }, proxy, { signal, ca: tls.ca }).then(
      (socket) => {
        if (isTls) encrypt({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)), null);
      },
    );
  };
}

function plainThrough(proxy: Proxy): Dispatcher {
  const host = proxy.host.includes(':') ? `[${proxy.host}]` : proxy.host;
  const headers = proxyAuthorization(proxy);
  return new ProxyAgent({ uri: `http://${host}:${proxy.port}`, headers, proxyTunnel: false });
}
