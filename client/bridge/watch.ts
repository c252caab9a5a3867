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

/** What is followed: all objects of a kind, or those that a label selector picks. */
export interface Followed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly labelSelector?: string | undefined;
  /** The one namespace that is looked at; all of them where absent. */
  readonly namespace?: string | undefined;
  /** Asks for nothing but metadata, so that no content of the objects comes here. */
  readonly metadataOnly?: boolean;
}

/**
 * Follows objects until the signal aborts: lists, watches, resumes where a watch ended,
 * and lists again on 410 or after an outage. A kind that is not served is asked for again every 15 s.
 */
export async function followKind(
  cluster: Cluster,
  followed: Followed,
  handler: WatchHandler,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  const running = (): boolean => !signal.aborted;
  while (running()) {
    try {
      const version = await listAll(cluster, followed, handler, signal);
      failures = 0;
      await watchFrom(version, await watchOf(cluster, followed, signal), handler);
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
  followed: Followed,
  handler: WatchHandler,
  signal: AbortSignal,
): Promise<string> {
  const path = await pathOf(cluster, followed);
  const accept = followed.metadataOnly ? metadataOf('PartialObjectMetadataList') : undefined;
  const objects: KubeObject[] = [];
  let page: ListPage;
  let next: string | undefined;
  do {
    const query = {
      ...selectorOf(followed),
      limit: pageSize,
      ...(next ? { continue: next } : {}),
    };
    page = await cluster.request<ListPage>({ method: 'GET', path, query, signal, accept });
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

type Watch = (query: Record<string, string>) => AsyncIterable<WatchEvent>;

async function watchOf(cluster: Cluster, followed: Followed, signal: AbortSignal): Promise<Watch> {
  const path = await pathOf(cluster, followed);
  const accept = followed.metadataOnly ? metadataOf('PartialObjectMetadata') : undefined;
  return (query) => cluster.watch(path, { ...selectorOf(followed), ...query }, signal, accept);
}

function pathOf(cluster: Cluster, { apiVersion, kind, namespace }: Followed): Promise<string> {
  return cluster.path({ apiVersion, kind, namespace, name: '' });
}

function selectorOf({ labelSelector }: Followed): Record<string, string> {
  return labelSelector ? { labelSelector } : {};
}

function metadataOf(as: 'PartialObjectMetadata' | 'PartialObjectMetadataList'): string {
  return `application/json;as=${as};g=meta.k8s.io;v=v1`;
}

/** Watches and resumes until the server says that the version is too old, or the connection fails. */
async function watchFrom(from: string, watch: Watch, handler: WatchHandler): Promise<void> {
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
