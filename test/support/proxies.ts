import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** A proxy that runs, and what went through it: `CONNECT host:port`, or a method and an address. */
export interface TestProxy {
  readonly url: string;
  readonly seen: readonly string[];
  close(): Promise<void>;
}

/** Whom a proxy lets through; everybody where absent. */
export interface ProxyUser {
  readonly username: string;
  readonly password: string;
}

/** A proxy of HTTP, which opens tunnels and forwards requests that are not encrypted. */
export async function startHttpProxy(
  user?: ProxyUser,
  tls?: { key: string; cert: string },
): Promise<TestProxy> {
  const seen: string[] = [];
  const pair = user && Buffer.from(`${user.username}:${user.password}`).toString('base64');
  const isWelcome = ({ headers }: IncomingMessage): boolean =>
    pair === undefined || headers['proxy-authorization'] === `Basic ${pair}`;
  const forward = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (!isWelcome(request)) {
      response.writeHead(407).end();
      return;
    }
    const { method, headers } = request;
    const onward = httpRequest(request.url ?? '', { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const server = tls ? createTlsServer(tls, forward) : createServer(forward);
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${request.url ?? ''}`);
    if (!isWelcome(request)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host = '', port = ''] = (request.url ?? '').split(':');
    join(socket, Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
  });
  const port = await listen(server);
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, seen, close: closer(server) };
}

/** A proxy of SOCKS 5 as RFC 1928 and 1929 describe it, for connections to IPv4 addresses and names. */
export async function startSocksProxy(user?: ProxyUser): Promise<TestProxy> {
  const seen: string[] = [];
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    void serve(socket, user, seen).catch(() => socket.destroy());
  });
  const port = await listen(server);
  return { url: `socks5://127.0.0.1:${port}`, seen, close: closer(server) };
}

async function serve(socket: Socket, user: ProxyUser | undefined, seen: string[]): Promise<void> {
  const [, count = 0] = await take(socket, 2);
  const offered = await take(socket, count);
  const method = user ? 2 : 0;
  if (!offered.includes(method)) {
    socket.end(Buffer.from([5, 0xff]));
    return;
  }
  socket.write(Buffer.from([5, method]));
  if (user && !(await authenticate(socket, user))) {
    socket.end();
    return;
  }
  const [, , , type] = await take(socket, 4);
  const host =
    type === 1
      ? [...(await take(socket, 4))].join('.')
      : (await take(socket, (await take(socket, 1))[0] ?? 0)).toString();
  const port = (await take(socket, 2)).readUInt16BE();
  seen.push(`CONNECT ${host}:${port}`);
  join(socket, port, host, () => socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])));
}

async function authenticate(socket: Socket, user: ProxyUser): Promise<boolean> {
  const [, length = 0] = await take(socket, 2);
  const username = (await take(socket, length)).toString();
  const password = (await take(socket, (await take(socket, 1))[0] ?? 0)).toString();
  const isRight = username === user.username && password === user.password;
  socket.write(Buffer.from([1, isRight ? 0 : 1]));
  return isRight;
}

async function take(socket: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const chunk = socket.read(bytes) as Buffer | null;
    if (chunk) return chunk;
    if (socket.destroyed || socket.readableEnded) throw new Error('the client left');
    await new Promise((resolve) => {
      socket.once('readable', resolve);
      socket.once('close', resolve);
    });
  }
}

function join(socket: Socket, port: number, host: string, joined: () => void): void {
  const onward = connect(port, host, () => {
    joined();
    onward.pipe(socket);
    socket.pipe(onward);
  });
  onward.on('error', () => socket.destroy());
  socket.on('error', () => onward.destroy());
  socket.on('close', () => onward.destroy());
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function closer(server: Server): () => Promise<void> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      for (const socket of open) socket.destroy();
    });
}
