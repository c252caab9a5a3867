import {
  connect,
  createSecureServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** Temporal's frontend behind TLS, as Temporal Cloud and most installations have it. */
export interface TemporalProxy {
  /** `host:port`, as TEMPORAL_ADDRESS. */
  readonly address: string;
  /** The Authorization headers that came in, in order and without repetition. */
  readonly authorizations: ReadonlySet<string>;
  /** The methods of Temporal's API that were called. */
  readonly methods: ReadonlySet<string>;
  close(): Promise<void>;
}

/** What the proxy shows, whom it lets in, and where it leads. */
export interface TemporalProxyOptions {
  readonly target: string;
  readonly key: string;
  readonly cert: string;
  /** Authority of the certificates that clients have to show. */
  readonly clientCa: string;
}

/** Terminates TLS with certificates of both sides, and forwards every call over HTTP/2. */
export async function startTemporalProxy(options: TemporalProxyOptions): Promise<TemporalProxy> {
  const { target, key, cert, clientCa } = options;
  const onward = connect(`http://${target}`);
  onward.on('error', () => undefined);
  const authorizations = new Set<string>();
  const methods = new Set<string>();
  const server = createSecureServer({ key, cert, ca: clientCa, requestCert: true });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    authorizations.add(headers.authorization ?? '');
    methods.add(String(headers[':path']).replace(/^.*\//, ''));
    forward(stream, onward.request(withoutHost(headers)));
  });
  // A client that is not trusted is told so by TLS.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    authorizations,
    methods,
    async close() {
      onward.destroy();
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(
  stream: ServerHttp2Stream,
  call: ReturnType<ReturnType<typeof connect>['request']>,
): void {
  let trailers: OutgoingHttpHeaders = {};
  stream.on('error', () => undefined);
  call.on('error', () => {
    stream.close();
  });
  stream.on('close', () => {
    call.close();
  });
  call.on('trailers', (headers: IncomingHttpHeaders) => {
    trailers = headers;
  });
  call.on('response', (headers, flags) => {
    if (stream.destroyed) return;
    const isWhole = (flags & endStream) !== 0;
    stream.respond(headers, isWhole ? { endStream: true } : { waitForTrailers: true });
    if (isWhole) return;
    stream.on('wantTrailers', () => {
      stream.sendTrailers(trailers);
    });
    call.pipe(stream);
  });
  stream.pipe(call);
}

const endStream = 0x1;

/** The frontend is called by its own name. */
function withoutHost(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const onward = { ...headers };
  delete onward[':authority'];
  return onward;
}
