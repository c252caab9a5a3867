import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectKubeConfig, type Cluster } from '../../../activities/cluster/client.ts';
import { followKind, type WatchHandler } from '../../../client/bridge/watch.ts';

/** An API server that serves one kind, as far as a watch can tell. */
const api = {
  requests: [] as { url: URL; accept: string }[],
  list: {} as object,
  events: [] as string[],
};
const server = createServer((request, response) => {
  answer(request, response);
});
const stop = { now: new AbortController() };
let cluster: Cluster;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/api/v1') {
    response.end('{"resources":[{"name":"configmaps","kind":"ConfigMap","namespaced":true}]}');
    return;
  }
  api.requests.push({ url, accept: request.headers.accept ?? '' });
  if (!url.searchParams.has('watch')) response.end(JSON.stringify(api.list));
  else for (const event of api.events) response.write(event);
}

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const name = 'test';
  cluster = await connectKubeConfig(
    JSON.stringify({
      'current-context': name,
      contexts: [{ name, context: { cluster: name, user: name } }],
      clusters: [
        { name, cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name, user: {} }],
    }),
  );
  api.requests.length = 0;
  stop.now = new AbortController();
});

afterEach(async () => {
  stop.now.abort();
  await cluster.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const object = (name: string): object => ({ metadata: { name, resourceVersion: '2' } });
const kind = { apiVersion: 'v1', kind: 'ConfigMap' };

function recorder(): { seen: string[]; handler: WatchHandler } {
  const seen: string[] = [];
  const handler: WatchHandler = {
    listed: (objects) => {
      seen.push(`listed ${objects.length}`);
      return Promise.resolve();
    },
    changed: ({ metadata }) => seen.push(`changed ${metadata.name}`),
    deleted: ({ metadata }) => seen.push(`deleted ${metadata.name}`),
    failed: (error) => seen.push(`failed ${String(error)}`),
  };
  return { seen, handler };
}

test('a watch of metadata asks for it and for a label, and an empty list of null is one', async () => {
  api.list = { items: null, metadata: { resourceVersion: '1' } };
  api.events = [`${JSON.stringify({ type: 'ADDED', object: object('a') })}\n`];
  const { seen, handler } = recorder();
  const target = { ...kind, labelSelector: 'owner', metadataOnly: true };
  void followKind(cluster, target, handler, stop.now.signal);
  await expect.poll(() => seen).toEqual(['listed 0', 'changed a']);
  const [list, watch] = api.requests;
  expect(list?.accept).toContain('as=PartialObjectMetadataList;');
  expect(watch?.accept).toContain('as=PartialObjectMetadata;');
  expect(watch?.url.searchParams.get('resourceVersion')).toBe('1');
  expect(api.requests.map(({ url }) => url.searchParams.get('labelSelector'))).toEqual([
    'owner',
    'owner',
  ]);
});

test('a handler may take lists page by page', async () => {
  api.list = { items: [object('a'), object('b')], metadata: { resourceVersion: '1' } };
  api.events = [`${JSON.stringify({ type: 'DELETED', object: object('a') })}\n`];
  const { seen, handler } = recorder();
  const page: WatchHandler['page'] = (objects) => seen.push(`page of ${objects.length}`);
  void followKind(cluster, kind, { ...handler, page }, stop.now.signal);
  await expect.poll(() => seen).toEqual(['page of 2', 'listed 0', 'deleted a']);
});

test('an event without an end ends the watch', async () => {
  api.list = { items: [], metadata: { resourceVersion: '1' } };
  api.events = Array.from({ length: 17 }, () => 'x'.repeat(1024 * 1024));
  const { seen, handler } = recorder();
  void followKind(cluster, kind, handler, stop.now.signal);
  await expect
    .poll(() => seen[1], { timeout: 20_000 })
    .toContain('an event of a watch is too large');
});
