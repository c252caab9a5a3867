import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Log } from '../log.ts';
import { listenOn, portOf } from '../listen.ts';
import type { Allowance } from './allowance.ts';
import type { Message } from './authenticity/message.ts';
import { announcesMore, createRoom, measure, withBody, type Body, type Room } from './body.ts';
import type { Answer } from './handle.ts';
import { nameOf, type Directory, type Hook } from './hook.ts';
import { followCertificate, type CertificateFiles } from './certificate.ts';
import type { RequestMetrics } from './metrics.ts';

/** Where webhooks are taken, and what is done with them. */
export interface ReceiverServerOptions {
  readonly address: string;
  /** Serves HTTPS with these; HTTP where absent. */
  readonly certificate: CertificateFiles | undefined;
  readonly directory: Directory;
  /** Whether all Receivers are known. */
  readonly ready: () => boolean;
  /** Requests that the path of each Receiver takes. */
  readonly pathRate: Allowance;
  readonly metrics: RequestMetrics;
  readonly log: Log;
  readonly handle: (hook: Hook, message: Message) => Promise<Answer>;
}

/** A listening server. */
export interface ReceiverServer {
  readonly port: number | undefined;
  close(): void;
}

/**
 * Takes webhooks until it is closed. A body over 3 MiB is answered with 413 before anything is looked up, an unknown path with 404, a path
 * that is asked too often with 429; a sender that is slower than 10 s with its head or 30 s with its body is cut off. Raises an Error that
 * names the flag where the address or the certificate can not be used.
 */
export async function openReceiverServer(options: ReceiverServerOptions): Promise<ReceiverServer> {
  const room = createRoom(maxBytesHeld);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    options.metrics.observe(request, response);
    answerTo(request, { ...options, room })
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        options.log.error('webhook failed', { error: message });
        return broken;
      })
      .then((answer) => {
        send(request, response, answer);
      })
      .catch(() => response.destroy());
  };
  const following =
    options.certificate && (await followCertificate(options.certificate, options.log));
  const server = following
    ? createTlsServer({ ...limits, ...following.current }, listener)
    : createServer(limits, listener);
  // What announces too much is told so before it has sent it.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (announcesMore(request, maxBodyBytes) !== true) response.writeContinue();
    listener(request, response);
  });
  server.maxConnections = maxConnections;
  following?.changed((next) => {
    if ('setSecureContext' in server) server.setSecureContext(next);
  });
  await listenOn(server, options.address, '--receiver-addr');
  return {
    port: portOf(server),
    close() {
      following?.stop();
      closeServer(server);
    },
  };
}

const maxBodyBytes = 3 * 1024 * 1024;
/** Of all requests together; what is not for a known path takes nothing of it. */
const maxBytesHeld = 64 * 1024 * 1024;
const maxConnections = 4096;

const limits = {
  maxHeaderSize: 256 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than proxies keep theirs: a request must not meet a connection that is just being closed.
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 1000,
};

interface Tools extends ReceiverServerOptions {
  readonly room: Room;
}

async function answerTo(request: IncomingMessage, tools: Tools): Promise<Answer> {
  const { directory, ready, pathRate, room, handle } = tools;
  const path = request.url ?? '';
  if (!path.startsWith('/hook/')) return unknown;
  const announced = announcesMore(request, maxBodyBytes);
  if (announced === true) return tooLarge;
  const hook = directory.find(path);
  const refusal = hook ? tooMany : ready() ? unknown : unready;
  if (!hook || !pathRate.spend(nameOf(hook.key), 1)) {
    const fits = announced === false || (await measure(request, maxBodyBytes));
    return fits ? refusal : tooLarge;
  }
  return withBody(request, { limit: maxBodyBytes, room }, async (body) =>
    body.fault ? faults[body.fault] : handle(hook, { headers: request.headers, body: body.whole }),
  );
}

const unknown: Answer = { status: 404, text: 'no Receiver has this path' };
const unready: Answer = { status: 503, text: 'the Receivers are being listed; try again' };
const crowded: Answer = { status: 503, text: 'too many requests at once; try again' };
const tooMany: Answer = { status: 429, text: 'too many requests to this path; try again' };
const broken: Answer = { status: 500, text: 'internal error' };
const tooLarge: Answer = { status: 413, text: 'the body is over 3 MiB' };
const faults: Record<NonNullable<Body['fault']>, Answer> = {
  'too large': tooLarge,
  'no room': crowded,
  'broken off': { status: 400, text: 'the body broke off' },
};

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, text } = answer;
  if (response.headersSent || response.destroyed) return;
  if (answer === tooLarge) {
    refuseBody(request, response);
    return;
  }
  const again = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
  response.writeHead(status, { ...plain, ...again }).end(text);
}

const plain = { 'content-type': 'text/plain; charset=utf-8' };

/** The answer goes out whole at once, but the connection stays a moment: closed at once, it would take the answer with it. */
function refuseBody(request: IncomingMessage, response: ServerResponse): void {
  const { status, text } = tooLarge;
  response.writeHead(status, {
    ...plain,
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  });
  response.write(text);
  let drained = 0;
  const end = (): void => {
    clearTimeout(timer);
    response.end();
    if (!request.complete) request.destroy();
  };
  const timer = setTimeout(end, drainMs).unref();
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > maxBytesDrained) end();
  });
  request.once('end', end);
  request.once('close', end);
  request.resume();
}

const drainMs = 3000;
const maxBytesDrained = 16 * 1024 * 1024;

function closeServer(server: Server): void {
  server.close();
  server.closeAllConnections();
}
