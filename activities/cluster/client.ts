import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig, type Cluster as ServerEntry } from '@kubernetes/client-node';
import { Pool, type Dispatcher } from 'undici';
import { ApiError } from './api-error.ts';
import { Discovery, type Resource } from './discovery.ts';
import type { KubeObject, ObjectRef } from './object.ts';
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

/** Connects to the cluster of the kubeconfig file, or to the one this pod runs in when no path is given. */
export async function connectCluster(kubeconfigPath?: string): Promise<Cluster> {
  const config = new KubeConfig();
  if (kubeconfigPath) config.loadFromString(readFileSync(kubeconfigPath, 'utf8'));
  else config.loadFromDefault();
  const current = config.getCurrentCluster();
  // Without any file the library makes up an unencrypted server on this machine.
  if (!current || current.server === 'http://localhost:8080') {
    const where = kubeconfigPath ?? 'of KUBECONFIG, of ~/.kube/config or of a pod';
    throw new ApiError(0, 'NoCluster', `there is no cluster in the kubeconfig ${where}`);
  }
  return connect(config, current);
}

/** Connects by a kubeconfig that is at hand as text. Raises ApiError where its current context names no cluster, and whatever the library finds wrong with it. */
export async function connectKubeConfig(kubeconfig: string): Promise<Cluster> {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const current = config.getCurrentCluster();
  if (!current) throw new ApiError(0, 'NoCluster', 'the kubeconfig names no current cluster');
  return connect(config, current);
}

async function connect(config: KubeConfig, current: ServerEntry): Promise<Cluster> {
  const tls: RequestOptions = {};
  await config.applyToHTTPSOptions(tls);
  const { ca, cert, key } = tls;
  const pool = new Pool(new URL(current.server).origin, {
    connections: maxConnections,
    keepAliveTimeout: 30_000,
    bodyTimeout: 0,
    connect: {
      ca: text(ca),
      cert: text(cert),
      key: text(key),
      rejectUnauthorized: !current.skipTLSVerify,
      ...(current.tlsServerName ? { servername: current.tlsServerName } : {}),
    },
  });
  // Tokens may be rotated on disk, so the header is asked for at every request.
  const authorize = async (): Promise<Record<string, string>> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const value = (options.headers as Record<string, string> | undefined)?.['Authorization'];
    return value ? { authorization: value } : {};
  };
  const access = {
    authorize,
    prefix: new URL(current.server).pathname.replace(/\/$/, ''),
    defaultNamespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
  };
  return createCluster(pool, access);
}

/** More connections than this gain nothing from one API server on the machines measured. */
const maxConnections = 32;
/** No answer of the API server that is read as a whole may be larger. */
const maxAnswerBytes = 256 * 1024 * 1024;
const requestTimeoutMs = 60_000;

/** What of the kubeconfig goes into every request. */
interface Access {
  readonly authorize: () => Promise<Record<string, string>>;
  /** Path of the server's URL; proxies of API servers have one. */
  readonly prefix: string;
  readonly defaultNamespace: string;
  /** Whose rights count instead of those of the credentials. */
  readonly user?: string;
}

function createCluster(pool: Dispatcher, access: Access, known?: Discovery): Cluster {
  const open = (request: ApiRequest): Promise<Dispatcher.ResponseData> =>
    send(pool, request, access);
  const request = async <T>(wanted: ApiRequest): Promise<T> => {
    const answer = await open(wanted);
    const body = await readBody(answer);
    if (answer.statusCode >= 400) throw toApiError(answer.statusCode, body);
    return (body === '' ? {} : JSON.parse(body)) as T;
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
      const answer = await open({
        method: 'GET',
        path: collection,
        query: { ...query, watch: '1' },
        signal,
        accept,
      });
      if (answer.statusCode >= 400) throw toApiError(answer.statusCode, await readBody(answer));
      yield* readWatch(answer.body);
    },
    as: (user) => createCluster(pool, { ...access, user }, discovery),
    close: () => pool.close(),
  };
}

async function send(
  pool: Dispatcher,
  request: ApiRequest,
  access: Access,
): Promise<Dispatcher.ResponseData> {
  const query = request.query ? `?${new URLSearchParams(request.query).toString()}` : '';
  const headers = await headersOf(request, access);
  try {
    return await pool.request({
      method: request.method,
      path: `${access.prefix}${request.path}${query}`,
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      headersTimeout: requestTimeoutMs,
      signal: request.signal ?? null,
    });
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new ApiError(0, 'Unreachable', `API server unreachable: ${messageOf(error)}`);
  }
}

async function headersOf(
  { accept = 'application/json', body, contentType = 'application/json' }: ApiRequest,
  { authorize, user }: Access,
): Promise<Record<string, string>> {
  return {
    accept,
    'user-agent': 'sluice',
    ...(await authorize()),
    ...(user ? { 'impersonate-user': user } : {}),
    ...(body === undefined ? {} : { 'content-type': contentType }),
  };
}

function objectPath(resource: Resource, ref: ObjectRef): string {
  const base = ref.apiVersion.includes('/') ? `/apis/${ref.apiVersion}` : `/api/${ref.apiVersion}`;
  const scope = resource.namespaced && ref.namespace ? `/namespaces/${ref.namespace}` : '';
  return `${base}${scope}/${resource.plural}${ref.name ? `/${encodeURIComponent(ref.name)}` : ''}`;
}

async function readBody(answer: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxAnswerBytes)
        throw new ApiError(413, 'TooLarge', 'answer of the API server is too large');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(0, 'Unreachable', `API server cut the connection: ${messageOf(error)}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toApiError(status: number, body: string): ApiError {
  try {
    const parsed = JSON.parse(body) as { reason?: string; message?: string };
    return new ApiError(
      status,
      parsed.reason ?? String(status),
      parsed.message ?? body.slice(0, 500),
    );
  } catch {
    return new ApiError(status, String(status), body.slice(0, 500) || `HTTP ${status}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

function text(value: unknown): string | Buffer | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : undefined;
}
