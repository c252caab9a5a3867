import { createServer as createHttpServer, request, type Server as HttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { digestOfTag } from '../../../../activities/fetch/oci/registry.ts';
import { openSession } from '../../../../activities/fetch/oci/session.ts';

const servers: (Server | HttpServer)[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server | HttpServer): Promise<string> {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

function join(socket: Socket, host: string, port: number, joined: () => void): void {
  const other = connect(port, host, () => {
    joined();
    socket.pipe(other).pipe(socket);
  });
  sockets.push(other);
  for (const end of [socket, other]) end.on('error', () => end.destroy());
}

const digest = `sha256:${'a'.repeat(64)}`;

function registry(): Promise<string> {
  return listen(
    createHttpServer((_request, response) => {
      response.writeHead(200, { 'docker-content-digest': digest }).end();
    }),
  );
}

async function askThrough(
  host: string,
  proxy: { address: string; username?: string; password?: string },
): Promise<string> {
  const signal = AbortSignal.timeout(10_000);
  const name = { registry: host, host, path: 'app' };
  const session = openSession(name, { insecure: true, proxy, signal });
  try {
    return await digestOfTag(session, 'latest');
  } finally {
    await session.close();
  }
}

/** A proxy that lets one user in, by tunnels and by whole addresses; tells whom it was asked for. */
function httpProxy(seen: string[]): Promise<string> {
  const basic = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  const server = createHttpServer((asked, response) => {
    seen.push(asked.url ?? '');
    if (asked.headers['proxy-authorization'] !== basic) response.writeHead(407).end();
    else {
      const forward = request(asked.url ?? '', { method: asked.method ?? 'GET' }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forward.end();
    }
  });
  server.on('connect', (asked, socket: Socket) => {
    seen.push(asked.url ?? '');
    const [host = '', port] = (asked.url ?? '').split(':');
    if (asked.headers['proxy-authorization'] !== basic) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    join(socket, host, Number(port), () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
  });
  return listen(server);
}

/** The least of SOCKS5: a user, a password, and one connection to an IPv4 address or a name. */
function socksProxy(seen: string[]): Promise<string> {
  return listen(
    createServer((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from([5, 2]));
        socket.once('data', (credentials: Buffer) => {
          const [, length = 0] = credentials;
          const user = credentials.subarray(2, 2 + length).toString();
          const password = credentials.subarray(3 + length).toString();
          socket.write(Buffer.from([1, user === 'ann' && password === 'secret' ? 0 : 1]));
          socket.once('data', (wanted: Buffer) => {
            const isName = wanted[3] === 3;
            const end = isName ? 5 + (wanted[4] ?? 0) : 8;
            const host = isName
              ? wanted.subarray(5, end).toString()
              : [...wanted.subarray(4, 8)].join('.');
            const port = wanted.readUInt16BE(end);
            seen.push(`${host}:${port}`);
            join(socket, host, port, () => {
              socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            });
          });
        });
      });
    }),
  );
}

test.each([
  ['http', httpProxy],
  ['socks5', socksProxy],
] as const)(
  'every request goes through a proxy of the kind %s, with its credentials',
  async (scheme, start) => {
    const seen: string[] = [];
    const [host, proxy] = await Promise.all([registry(), start(seen)]);
    const access = { address: `${scheme}://${proxy}`, username: 'ann', password: 'secret' };
    expect(await askThrough(host, access)).toBe(digest);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((at) => at.includes(host))).toBe(true);
  },
);

test('a proxy that lets nobody in is an error that tells no password', async () => {
  const [host, proxy] = await Promise.all([registry(), httpProxy([])]);
  const wrong = { address: `http://${proxy}`, username: 'ann', password: 'canary' };
  const failure = askThrough(host, wrong);
  await expect(failure).rejects.toThrow(/does not answer|HTTP 407/);
  await expect(failure).rejects.toThrow(/^(?!.*canary)/);
});
