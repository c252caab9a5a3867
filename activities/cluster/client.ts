import { Pool, type Dispatcher } from 'undici';
import { messageOf, parseAnswer, readAnswer, toApiError } from './answer.ts';
import { headersOf, type Access } from './access.ts';
import { ApiError } from './api-error.ts';
import { Discovery, objectPath } from './discovery.ts';
import type { KubeObject, ObjectRef } from './object.ts';
import { checksLease } from './lease.ts';
import type { RequestWatcher } from './reachability.ts';
import {
  serverByDefault,
  serverOfFile,
  serverOfText,
  type Environment,
  type Server,
} from './server.ts';
import { readWatch, type WatchEvent } from './watch-stream.ts';

/** One request to the API server; `body` is sent as JSON, which is also valid YAML for server-side apply. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Form of the answer; whole objects as JSON where absent. */
  readonly accept?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Requests to one cluster over kept-alive connections; every method raises ApiError for an answer that is no success. */
export interface Cluster {
  readonly discovery: Discovery;
  /** Namespace of the kubeconfig's context; default where it names none. */
  readonly defaultNamespace: string;
  request<T = unknown>(request: ApiRequest): Promise<T>;
  /** The object, or undefined where it or its kind is not there. */
  get(ref: ObjectRef, signal?: AbortSignal): Promise<KubeObject | undefined>;
  /** Path of an object, or of its collection when the name is empty. Raises ApiError 404 for an unknown kind. */
  path(ref: ObjectRef): Promise<string>;
  /** Streams watch events of a collection path, in the form that is asked for, until the server ends it or the signal aborts. */
  watch(
    path: string,
    query: Record<string, string>,
    signal: AbortSignal,
    accept?: string,
  ): AsyncIterable<WatchEvent>;
  /** The same cluster over the same connections, with the rights of a user alone. */
  as(user: string): Cluster;
  close(): Promise<void>;
}

/** Connects to the cluster of the kubeconfig file, or to the one this pod runs in when no path is given. Raises ApiError where there is none. */
export async function connectCluster(
  kubeconfigPath: string | undefined,
  environment: Environment = {},
): Promise<Cluster> {
  return connectServer(
    kubeconfigPath ? await serverOfFile(kubeconfigPath) : await serverByDefault(environment),
  );
}

/** Connects by a kubeconfig that is at hand as text. Raises ApiError where its current context names no cluster, and whatever the library finds wrong with it. */
export async function connectKubeConfig(
  kubeconfig: string,
  options?: ConnectionOptions,
): Promise<Cluster> {
  return connectServer(await serverOfText(kubeconfig), options);
}

/** Connects to a server with bearer tokens, one asked for at each request; `ca` is PEM, and the system's authorities count where it is absent. */
export function connectWithTokens(
  { url, ca, token }: { url: string; ca?: string | undefined; token: () => Promise<string> },
  options?: ConnectionOptions,
): Cluster {
  const authorize = async (): Promise<Record<string, string>> => ({
    authorization: `Bearer ${await token()}`,
  });
  return connectServer({ url, tls: { ca }, authorize, defaultNamespace: 'default' }, options);
}

/** How many requests a cluster gets at a time, and what looks at how they end. */
export interface ConnectionOptions {
  readonly connections?: number | undefined;
  readonly watcher?: RequestWatcher | undefined;
}

function connectServer(
  { url, tls, authorize, defaultNamespace }: Server,
  { connections = maxConnections, watcher = unwatched }: ConnectionOptions = {},
): Cluster {
  const { origin, pathname } = new URL(url);
  const options = { keepAliveTimeout: 30_000, connect: { ...tls, timeout: connectTimeoutMs } };
  const pools: Pools = {
    requests: new Pool(origin, { ...options, connections }).compose(checksLease),
    watches: new Pool(origin, options),
  };
  const prefix = pathname.replace(/\/$/, '');
  return createCluster(pools, { authorize, prefix, defaultNamespace, watcher });
}

/** More connections than this gain nothing from one API server on the machines measured. */
const maxConnections = 32;
const unwatched: RequestWatcher = { before: () => undefined, after: () => undefined };
const requestTimeoutMs = 60_000;
const connectTimeoutMs = 5_000;

/** A watch keeps its connection for minutes, so watches have their own: many of them must not hold every request up. */
interface Pools {
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
}

function createCluster(pools: Pools, access: Access, known?: Discovery): Cluster {
  const request = async <T>(wanted: ApiRequest): Promise<T> => {
    const answer = await send(pools.requests, wanted, access);
    const body = await readAnswer(answer).catch((error: unknown) => {
      access.watcher.after('unreachable');
      throw error;
    });
    if (answer.statusCode >= 400) throw toApiError(answer.statusCode, body);
    return parseAnswer(body) as T;
  };
  // Which kinds there are is no secret of a user's, and asked for once.
  const discovery = known ?? new Discovery((path) => request({ method: 'GET', path }));
  const path = async (ref: ObjectRef): Promise<string> =>
    objectPath(await discovery.resolve(ref), ref);
  return {
    discovery,
    defaultNamespace: access.defaultNamespace,
    request,
    path,
    async get(ref, signal) {
      try {
        return await request<KubeObject>({ method: 'GET', path: await path(ref), signal });
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }
    },
    async *watch(collection, query, signal, accept) {
      const wanted = {
        method: 'GET',
        path: collection,
        query: { ...query, watch: '1' },
        signal,
        accept,
      } as const;
      const answer = await send(pools.watches, wanted, access);
      if (answer.statusCode >= 400) throw toApiError(answer.statusCode, await readAnswer(answer));
      yield* readWatch(answer.body);
    },
    as: (user) => createCluster(pools, { ...access, user }, discovery),
    async close() {
      await Promise.all([pools.requests.close(), pools.watches.close()]);
    },
  };
}

async function send(
  pool: Dispatcher,
  request: ApiRequest,
  access: Access,
): Promise<Dispatcher.ResponseData> {
  const { prefix, watcher } = access;
  watcher.before();
  const { method, path, query = {}, body, signal = null } = request;
  const headers = await headersOf(request, access);
  try {
    const answer = await pool.request({
      method,
      path: `${prefix}${path}${searchOf(request)}`,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: requestTimeoutMs,
      // A watch is silent for as long as nothing changes.
      bodyTimeout: query['watch'] ? 0 : requestTimeoutMs,
      signal,
    });
    watcher.after(answer.statusCode === 401 ? 'refused' : 'answered');
    return answer;
  } catch (error) {
    if (signal?.aborted || error instanceof ApiError) throw error;
    watcher.after('unreachable');
    throw new ApiError(0, 'Unreachable', `API server unreachable: ${messageOf(error)}`);
  }
}

function searchOf({ query }: ApiRequest): string {
  return query ? `?${new URLSearchParams(query).toString()}` : '';
}
