import { ApiError, isNotFound } from '../../activities/cluster/api-error.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import type { WatchEvent } from '../../activities/cluster/watch-stream.ts';

/** What a watch of a kind reports. `listed` comes after each complete list, with every object there is. */
export interface WatchHandler {
  listed(objects: readonly KubeObject[]): Promise<void>;
  changed(object: KubeObject): void;
  deleted(object: KubeObject): void;
  failed(error: unknown, retryMs: number): void;
}

/**
 * Follows all objects of a kind in all namespaces until the signal aborts: lists, watches, resumes where a watch ended,
 * and lists again on 410 or after an outage. A kind that is not served is asked for again every 15 s.
 */
export async function followKind(
  cluster: Cluster,
  kind: { apiVersion: string; kind: string },
  handler: WatchHandler,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  const running = (): boolean => !signal.aborted;
  while (running()) {
    try {
      const path = await cluster.path({ ...kind, name: '' });
      const version = await listAll(cluster, path, handler, signal);
      failures = 0;
      await watchFrom(version, (query) => cluster.watch(path, query, signal), handler);
    } catch (error) {
      if (!running()) return;
      const missing = isNotFound(error);
      const retryMs = missing ? missingKindMs : Math.min(250 * 2 ** failures++, 10_000);
      if (!missing) handler.failed(error, retryMs);
      await pause(retryMs, signal);
    }
  }
}

const missingKindMs = 15_000;
const pageSize = '500';

async function listAll(
  cluster: Cluster,
  path: string,
  handler: WatchHandler,
  signal: AbortSignal,
): Promise<string> {
  const objects: KubeObject[] = [];
  let page: ListPage;
  let next: string | undefined;
  do {
    const query: Record<string, string> = next
      ? { limit: pageSize, continue: next }
      : { limit: pageSize };
    page = await cluster.request<ListPage>({ method: 'GET', path, query, signal });
    objects.push(...page.items);
    next = page.metadata.continue;
  } while (next);
  await handler.listed(objects);
  return page.metadata.resourceVersion;
}

interface ListPage {
  readonly items: KubeObject[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** Watches and resumes until the server says that the version is too old, or the connection fails. */
async function watchFrom(
  from: string,
  watch: (query: Record<string, string>) => AsyncIterable<WatchEvent>,
  handler: WatchHandler,
): Promise<void> {
  let version = from;
  for (;;) {
    const query = { resourceVersion: version, allowWatchBookmarks: 'true', timeoutSeconds: '300' };
    for await (const event of watch(query)) {
      if (event.type === 'ERROR') throw expired(event);
      version = event.object.metadata.resourceVersion ?? version;
      if (event.type === 'DELETED') handler.deleted(event.object);
      else if (event.type !== 'BOOKMARK') handler.changed(event.object);
    }
  }
}

function expired(event: WatchEvent): ApiError {
  const { code, message } = event.object as { code?: unknown; message?: unknown };
  const status = typeof code === 'number' ? code : 500;
  return new ApiError(status, 'Expired', typeof message === 'string' ? message : 'watch ended');
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
