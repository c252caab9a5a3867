import { createServer, type RequestListener, type Server } from 'node:http';
import type { Registry } from 'prom-client';
import { listenOn, portOf } from './listen.ts';

/** What a service tells about itself over HTTP, and where; the address `0` is nowhere. */
export interface EndpointOptions {
  readonly metricsAddress: string;
  readonly healthAddress: string;
  readonly registry: Registry;
  /** Whether it can do its work now. */
  readonly ready: () => boolean;
}

/** Endpoints that are open. */
export interface Endpoints {
  readonly metricsPort: number | undefined;
  readonly healthPort: number | undefined;
  close(): void;
}

/** Serves /metrics, and /healthz and /readyz, until it is closed. Raises an Error that names the flag where an address can not be used. */
export async function openEndpoints(options: EndpointOptions): Promise<Endpoints> {
  const { registry, ready } = options;
  const metrics = await listen('--metrics-addr', options.metricsAddress, (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end();
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  const health = await listen('--health-addr', options.healthAddress, (request, response) => {
    if (request.url === '/healthz') return void response.writeHead(200).end('ok');
    if (request.url !== '/readyz') return void response.writeHead(404).end();
    const [status, text] = ready() ? [200, 'ok'] : [503, 'not ready yet'];
    response.writeHead(status).end(text);
  });
  return {
    metricsPort: portOf(metrics),
    healthPort: portOf(health),
    close() {
      for (const server of [metrics, health]) {
        server?.close();
        server?.closeAllConnections();
      }
    },
  };
}

async function listen(
  flag: string,
  address: string,
  listener: RequestListener,
): Promise<Server | undefined> {
  if (address === '0') return undefined;
  const server = createServer(listener);
  server.headersTimeout = 10_000;
  await listenOn(server, address, flag);
  return server;
}
