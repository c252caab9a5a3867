import { randomBytes } from 'node:crypto';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

/** What a gate does to requests, or to a share of them, from 0 to 1. */
export interface Trouble {
  /**
   * refuse: no connection. hang: no answer. status: an answer without having asked. cut: what was asked is done, and the answer is cut.
   * garbage: other bytes with 200. slow: it takes longer. stale: watches are silent. expired: watches end and are refused.
   */
  readonly kind: 'refuse' | 'hang' | 'status' | 'cut' | 'garbage' | 'slow' | 'stale' | 'expired';
  readonly share?: number;
  readonly status?: number;
  /** How much longer, in milliseconds. */
  readonly delayMs?: number;
}

/** A way to an HTTP server on which there can be trouble. */
export interface HttpGate {
  readonly url: string;
  readonly port: number;
  /** Begins trouble, or ends it; what hung is cut then. */
  set(trouble: Trouble | undefined): void;
  close(): Promise<void>;
}

/** The server behind a gate. */
export interface Upstream {
  /** Origin of the next request; nothing where no server is there. */
  origin(): string | undefined;
  /** PEM, for https. */
  readonly ca?: string;
  /** How much longer each request takes, in milliseconds, without any trouble. */
  readonly delayMs?: number;
}

/** Opens a gate on a free port of 127.0.0.1. */
export async function openHttpGate(upstream: Upstream): Promise<HttpGate> {
  const state: State = {
    trouble: undefined,
    upstream,
    watches: new Set(),
    held: new Set(),
    agents: {
      http: new Agent({ keepAlive: true, maxSockets: 100 }),
      https: new TlsAgent({ keepAlive: true, maxSockets: 100, ca: upstream.ca }),
    },
  };
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    answer(state, request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    set(trouble) {
      const ended = state.trouble;
      state.trouble = trouble;
      for (const response of state.held) response.destroy();
      state.held.clear();
      if (endsWatches(trouble) || ended?.kind === 'stale') {
        for (const watch of state.watches) watch.destroy();
      }
      if (trouble?.kind === 'refuse') for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        state.agents.http.destroy();
        state.agents.https.destroy();
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function endsWatches(trouble: Trouble | undefined): boolean {
  return trouble !== undefined && ['refuse', 'cut', 'expired'].includes(trouble.kind);
}

interface State {
  trouble: Trouble | undefined;
  readonly upstream: Upstream;
  /** Answers of watches, which stay open. */
  readonly watches: Set<ServerResponse>;
  /** Requests that get no answer. */
  readonly held: Set<ServerResponse>;
  readonly agents: { readonly http: Agent; readonly https: TlsAgent };
}

async function answer(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const trouble = troubleFor(state, request);
  switch (trouble?.kind) {
    case 'refuse':
      response.destroy();
      return;
    case 'hang':
      state.held.add(response);
      return;
    case 'status':
      refuse(response, trouble.status ?? 500);
      return;
    case 'garbage':
      response.writeHead(200).end(randomBytes(3000));
      return;
    case 'expired':
      refuse(response, 410);
      return;
    default:
  }
  await delay(trouble, state.upstream);
  forward(state, request, response, trouble?.kind === 'cut');
}

async function delay(trouble: Trouble | undefined, { delayMs = 0 }: Upstream): Promise<void> {
  const ms = trouble?.kind === 'slow' ? (trouble.delayMs ?? 1000) : delayMs;
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

function troubleFor({ trouble }: State, { url = '' }: IncomingMessage): Trouble | undefined {
  if (!trouble) return undefined;
  const concernsWatches = trouble.kind === 'stale' || trouble.kind === 'expired';
  if (concernsWatches && !isWatch(url)) return undefined;
  return Math.random() < (trouble.share ?? 1) ? trouble : undefined;
}

function isWatch(url: string): boolean {
  return /[?&]watch=(1|true)/.test(url);
}

/** An answer as the API server gives it; other clients read the code alone. */
function refuse(response: ServerResponse, code: number): void {
  const reason = { 410: 'Expired', 429: 'TooManyRequests' }[code] ?? 'InternalError';
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason };
  response.writeHead(code, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end(JSON.stringify({ ...body, message: 'there is trouble at the gate' }));
}

function forward(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  cuts: boolean,
): void {
  const origin = state.upstream.origin();
  if (origin === undefined) {
    response.destroy();
    return;
  }
  const { method, headers, url = '' } = request;
  const secure = origin.startsWith('https:');
  const options = { method, headers, agent: secure ? state.agents.https : state.agents.http };
  const onward = (secure ? httpsRequest : httpRequest)(`${origin}${url}`, options, (answered) => {
    if (isWatch(url)) watch(state, answered, response);
    else if (cuts) cut(answered, response);
    else {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(response);
    }
    answered.on('error', () => response.destroy());
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

/** Half of the answer to a question, nothing of the answer to a change. */
function cut(answered: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  answered.on('data', (chunk: Buffer) => chunks.push(chunk));
  answered.on('end', () => {
    const whole = Buffer.concat(chunks);
    if (response.req.method === 'GET') {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      response.write(whole.subarray(0, whole.length / 2));
    }
    setTimeout(() => response.destroy(), 20);
  });
}

function watch(state: State, answered: IncomingMessage, response: ServerResponse): void {
  state.watches.add(response);
  response.on('close', () => state.watches.delete(response));
  response.writeHead(answered.statusCode ?? 502, answered.headers);
  response.flushHeaders();
  answered.on('data', (chunk: Buffer) => {
    if (state.trouble?.kind !== 'stale') response.write(chunk);
  });
  answered.on('end', () => response.end());
}
