import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isArtifactPath, type ArtifactStorage } from './artifact-storage.ts';

/** What the server serves and where. */
export interface ArtifactServerOptions {
  readonly storage: ArtifactStorage;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Makes an artifact again that this worker does not hold; gives its file, or nothing where it can not be made. */
  readonly rebuild: (path: string) => Promise<string | undefined>;
}

/** Serves artifacts over HTTP, as the url in `status.artifact` promises; one that is not here is made again first. Raises where the port is taken. */
export async function startArtifactServer(
  options: ArtifactServerOptions,
): Promise<{ port: number; close: () => Promise<void> }> {
  const running = new Map<string, Promise<string | undefined>>();
  const locate = async (path: string): Promise<string | undefined> => {
    const held = await options.storage.find(path);
    if (held !== undefined || !isArtifactPath(path)) return held;
    const rebuilding =
      running.get(path) ?? options.rebuild(path).finally(() => running.delete(path));
    running.set(path, rebuilding);
    return rebuilding;
  };
  const server = createServer((request, response) => {
    respond(request, response, locate).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.headersTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  locate: (path: string) => Promise<string | undefined>,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const file = await locate((request.url ?? '').replace(/^\//, ''));
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  const { size } = await stat(file);
  response.writeHead(200, { 'content-type': 'application/gzip', 'content-length': size });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response);
}
