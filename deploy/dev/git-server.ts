import { spawn } from 'node:child_process';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';

/** What to serve, and to whom. */
export interface GitServerOptions {
  /** Directory of bare repositories. */
  readonly root: string;
  /** 0 or nothing takes a free port. */
  readonly port?: number;
  /** The one value of the Authorization header that is let in; everybody where absent. */
  readonly authorization?: string;
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    /** Authority of the certificates that clients have to show; none where absent. */
    readonly clientCa?: string;
  };
}

/** Serves bare repositories over smart HTTP with git's own http-backend, on 127.0.0.1 only. */
export async function startGitServer(
  options: GitServerOptions,
): Promise<{ url: string; port: number; close: () => Promise<void> }> {
  const listener: RequestListener = (request, response) => {
    if (options.authorization && request.headers.authorization !== options.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    backend(options.root, request, response);
  };
  const server = options.tls
    ? createTlsServer(tlsOptions(options.tls), listener)
    : createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function tlsOptions({ clientCa, ...own }: NonNullable<GitServerOptions['tls']>): ServerOptions {
  return clientCa === undefined ? own : { ...own, ca: clientCa, requestCert: true };
}

/** One CGI call, as RFC 3875 describes it. */
function backend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://git');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      HOME: root,
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.once('error', () => {
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
  // Git may end before it has read everything, and the client may leave before it has got everything.
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  response.once('close', () => child.kill());
  relay(child.stdout, response);
}

function relay(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let head = Buffer.alloc(0);
  output.on('data', (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const fields = head
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map((line): [string, string] => {
        const at = line.indexOf(':');
        return [line.slice(0, at), line.slice(at + 1).trim()];
      });
    const status = fields.find(([name]) => name === 'Status')?.[1] ?? '200';
    const headers = Object.fromEntries(fields.filter(([name]) => name !== 'Status'));
    response.writeHead(Number.parseInt(status, 10), headers);
    response.write(head.subarray(end + 4));
  });
  output.on('end', () => {
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
}
