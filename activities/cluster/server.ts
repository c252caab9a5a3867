import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Access } from './access.ts';
import { ApiError } from './api-error.ts';
import { currentContext, type CurrentContext } from './kubeconfig.ts';

/** An API server, and how requests are encrypted and authorised. */
export interface Server {
  readonly url: string;
  readonly tls: Partial<Record<'ca' | 'cert' | 'key', string | Buffer | undefined>> & {
    readonly rejectUnauthorized?: boolean;
    readonly servername?: string;
  };
  readonly authorize: Access['authorize'];
  readonly defaultNamespace: string;
}

/** The server of a kubeconfig file. Raises ApiError where its current context names none. */
export async function serverOfFile(path: string): Promise<Server> {
  return serverOfText(await readFile(path, 'utf8'), dirname(path), path);
}

/**
 * The server of a kubeconfig. Certificates and tokens are read here; where it names commands or plugins instead, as those of people do,
 * the library acts on it, which is loaded only then: it takes seventy MiB and a second. Raises ApiError where its current context names no cluster.
 */
export async function serverOfText(
  kubeconfig: string,
  directory = '.',
  title = 'that was given',
): Promise<Server> {
  const current = contextIn(kubeconfig);
  if (current && Object.keys(current.user).every((field) => plain.has(field))) {
    return plainServer(current, directory);
  }
  return serverByLibrary((config) => {
    config.loadFromString(kubeconfig);
  }, title);
}

/** The server of the pod that this process runs in, or of the kubeconfig of the person that started it. Raises ApiError where there is none. */
export async function serverByDefault(environment: Environment): Promise<Server> {
  const pod = existsSync(join(homedir(), '.kube', 'config')) ? undefined : podIn(environment);
  if (pod) return serverOfPod(pod);
  const title = 'of KUBECONFIG, of ~/.kube/config or of a pod';
  return serverByLibrary((config) => {
    config.loadFromDefault();
  }, title);
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a user of a kubeconfig can be told by that needs no library. */
const plain = new Set([
  'token',
  'tokenFile',
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'client-key-data',
]);

/** Undefined for what is no kubeconfig, whose faults the library tells. */
function contextIn(kubeconfig: string): CurrentContext | undefined {
  try {
    return currentContext(kubeconfig);
  } catch {
    return undefined;
  }
}

async function plainServer(
  { context, cluster, user }: CurrentContext,
  directory: string,
): Promise<Server> {
  const content = async (inline?: string, file?: string): Promise<Buffer | undefined> => {
    if (inline !== undefined) return Buffer.from(inline, 'base64');
    return file === undefined ? undefined : readFile(resolve(directory, file));
  };
  const [ca, cert, key] = await Promise.all([
    content(cluster['certificate-authority-data'], cluster['certificate-authority']),
    content(user['client-certificate-data'], user['client-certificate']),
    content(user['client-key-data'], user['client-key']),
  ]);
  const servername = cluster['tls-server-name'];
  return {
    url: cluster.server,
    tls: {
      ca,
      cert,
      key,
      rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
      ...(servername ? { servername } : {}),
    },
    authorize: authorizeBy(user, directory),
    defaultNamespace: context.namespace ?? 'default',
  };
}

/** Tokens in files are renewed there, before the old one ends. */
function authorizeBy(
  { token, tokenFile }: Pick<CurrentContext['user'], 'token' | 'tokenFile'>,
  directory: string,
): Access['authorize'] {
  let known = { value: token, readAt: 0 };
  return async () => {
    if (tokenFile && Date.now() - known.readAt > rereadMs) {
      const value = (await readFile(resolve(directory, tokenFile), 'utf8')).trim();
      known = { value, readAt: Date.now() };
    }
    return known.value ? { authorization: `Bearer ${known.value}` } : {};
  };
}

const rereadMs = 60_000;

/** Where Kubernetes puts the identity of a pod. */
const account = '/var/run/secrets/kubernetes.io/serviceaccount';

function podIn({
  KUBERNETES_SERVICE_HOST: host,
  KUBERNETES_SERVICE_PORT: port,
}: Environment): string | undefined {
  if (!host || !port || !existsSync(`${account}/token`)) return undefined;
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

async function serverOfPod(url: string): Promise<Server> {
  const namespace = await readFile(`${account}/namespace`, 'utf8').catch(() => 'default');
  return {
    url,
    tls: { ca: await readFile(`${account}/ca.crt`) },
    authorize: authorizeBy({ tokenFile: `${account}/token` }, '/'),
    defaultNamespace: namespace.trim(),
  };
}

async function serverByLibrary(load: (config: KubeConfig) => void, title: string): Promise<Server> {
  const library = await import('@kubernetes/client-node');
  const config = new library.KubeConfig();
  load(config);
  const current = config.getCurrentCluster();
  // Without any file the library makes up an unencrypted server on this machine.
  if (!current || current.server === 'http://localhost:8080') {
    throw new ApiError(0, 'NoCluster', `there is no cluster in the kubeconfig ${title}`);
  }
  const { ca, cert, key } = await optionsOf(config);
  return {
    url: current.server,
    tls: {
      ca: text(ca),
      cert: text(cert),
      key: text(key),
      rejectUnauthorized: !current.skipTLSVerify,
      ...(current.tlsServerName ? { servername: current.tlsServerName } : {}),
    },
    // A command may give a new token at any time, so the header is asked for at every request.
    authorize: async () => {
      const { headers } = await optionsOf(config);
      const value = (headers as Record<string, string> | undefined)?.['Authorization'];
      return value ? { authorization: value } : {};
    },
    defaultNamespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
  };
}

async function optionsOf(config: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return options;
}

function text(value: unknown): string | Buffer | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : undefined;
}
