import { ApiError, isNotFound } from '../../activities/cluster/api-error.ts';
import type { Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { metadataOnly, type WatchEvent } from '../../activities/cluster/watch-stream.ts';

/** What a watch of a kind reports. `listed` comes after each complete list, with every object there is. */
export interface WatchHandler {
  /** Takes a page of a list as it comes; what it takes is not kept for `listed`. */
  page?(objects: readonly KubeObject[]): void;
  listed(objects: readonly KubeObject[]): Promise<void>;
  changed(object: KubeObject): void;
  deleted(object: KubeObject): void;
  failed(error: unknown, retryMs: number): void;
  /** The kind is not served now. */
  absent?(): void;
}

/** Which objects are followed, and how much of them the server sends. */
export interface WatchTarget {
  readonly apiVersion: string;
  readonly kind: string;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** The one namespace that is looked at; all of them where absent. */
  readonly namespace?: string | undefined;
  /** Sends the metadata of the objects alone. */
  readonly metadataOnly?: boolean;
}

/**
 * Follows the objects of a kind in all namespaces until the signal aborts: lists, watches, resumes where a watch ended,
 * and lists again on 410 or after an outage. A kind that is not served is asked for again every 15 s, one that may not be read every 5 min.
 */
export async function followKind(
  cluster: Cluster,
  target: WatchTarget,
  handler: WatchHandler,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  const running = (): boolean => !signal.aborted;
  const forms = target.metadataOnly ? metadataOnly : undefined;
  while (running()) {
    try {
      const path = await cluster.path({
        apiVersion: target.apiVersion,
        kind: target.kind,
        namespace: target.namespace,
        name: '',
      });
      const all = selectorsOf(target);
      const list = (page: Query): Promise<ListPage> => {
        const request = { path, query: { ...page, ...all }, accept: forms?.list, signal };
        return cluster.request({ method: 'GET', ...request });
      };
      const version = await listAll(list, handler);
      failures = 0;
      const watch = (from: Query): AsyncIterable<WatchEvent> =>
        cluster.watch(path, { ...from, ...all }, signal, forms?.one);
      await watchFrom(version, watch, handler, signal);
    } catch (error) {
      if (!running()) return;
      const retryMs = waits[statusOf(error)] ?? Math.min(250 * 2 ** failures++, 10_000);
      if (isNotFound(error)) handler.absent?.();
      else handler.failed(error, retryMs);
      await pause(retryMs, signal);
    }
  }
}

type Query = Record<string, string>;

function selectorsOf({ labelSelector, fieldSelector }: WatchTarget): Query {
  return {
    ...(labelSelector ? { labelSelector } : {}),
    ...(fieldSelector ? { fieldSelector } : {}),
  };
}

/** How long a kind is left alone after an answer that waiting alone seldom mends. */
const waits: Readonly<Record<number, number>> = { 404: 15_000, 403: 300_000, 405: 300_000 };

function statusOf(error: unknown): number {
  return error instanceof ApiError ? error.status : 0;
}

const pageSize = '500';

async function listAll(
  list: (query: Query) => Promise<ListPage>,
  handler: WatchHandler,
): Promise<string> {
  const objects: KubeObject[] = [];
  let page: ListPage;
  let next: string | undefined;
  do {
    const query: Query = next ? { limit: pageSize, continue: next } : { limit: pageSize };
    page = await list(query);
    if (handler.page) handler.page(page.items ?? []);
    else objects.push(...(page.items ?? []));
    next = page.metadata.continue;
  } while (next);
  await handler.listed(objects);
  return page.metadata.resourceVersion;
}

interface ListPage {
  /** Null in an empty list of metadata. */
  readonly items: KubeObject[] | null;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** Watches and resumes until the server says that the version is too old, or the connection fails. */
async function watchFrom(
  from: string,
  watch: (query: Query) => AsyncIterable<WatchEvent>,
  handler: WatchHandler,
  signal: AbortSignal,
): Promise<void> {
  let version = from;
  for (;;) {
    const begun = Date.now();
    const query = { resourceVersion: version, allowWatchBookmarks: 'true', timeoutSeconds: '300' };
    for await (const event of watch(query)) {
      if (event.type === 'ERROR') throw expired(event);
      version = event.object.metadata.resourceVersion ?? version;
      if (event.type === 'DELETED') handler.deleted(event.object);
      else if (event.type !== 'BOOKMARK') handler.changed(event.object);
    }
    // A server that ends every watch at once must not be asked without a pause.
    if (Date.now() - begun < shortestMs) await pause(shortestMs, signal);
  }
}

const shortestMs = 1000;

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
