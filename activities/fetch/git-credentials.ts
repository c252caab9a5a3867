import type { GitRepository } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import { fail } from '../failures.ts';
import { openSecrets, type ReadSecret, type Secrets } from './source-secrets.ts';
import type { TlsTexts } from './git-connections.ts';
import { environmentProxy, proxyIn, type EnvironmentProxies, type Proxy } from './git-proxy.ts';
import { readGithubApp, type GithubApp, type InstallationTokens } from './github-app.ts';
import type { SshAlgorithms } from './ssh/algorithms.ts';
import type { SshCredentials } from './ssh/transport.ts';

/** What the platform team decides about the way to all remotes, and the tokens that are in use. */
export interface GitPolicy {
  readonly proxies: EnvironmentProxies;
  readonly algorithms: SshAlgorithms;
  readonly tokens: InstallationTokens;
}

/** What is needed to reach a remote: its address without credentials, the credentials, and the way there. */
export interface GitAccess {
  readonly url: string;
  readonly authorization?: string;
  readonly tls?: TlsTexts;
  /** In place of an authorization, a token of this app is asked for. */
  readonly app?: GithubApp;
  readonly ssh?: SshCredentials;
  readonly proxy?: Proxy;
  readonly policy: GitPolicy;
}

/**
 * Reads the credentials of a source and of its proxy from the Secrets that it names, in its own namespace, by Flux's keys. Raises
 * AuthenticationFailed or a failure of the provider's configuration, naming the Secret and the key at fault, never a value.
 */
export async function gitAccess(
  cluster: Cluster,
  { spec }: GitRepository,
  namespace: string,
  policy: GitPolicy,
): Promise<GitAccess> {
  const address = parseUrl(spec.url);
  const secrets = openSecrets(cluster, namespace);
  const { secretRef } = spec;
  const secret = secretRef && (await secrets.read(secretRef.name, 'secretRef'));
  const proxy = await readProxy(secrets, spec, policy);
  const way = { ...(proxy ? { proxy } : {}), policy };
  if (spec.provider === 'github') return { ...appAccess(address, secret), ...way };
  if (secret?.values.get('githubAppID')) {
    const why = `${secret.title} is that of a GitHub App, and spec.provider is not github`;
    throw fail('InvalidProviderConfiguration', `${why}: set it, or use another Secret`);
  }
  if (address.protocol === 'ssh:') return { ...sshAccess(address, secret), ...way };
  return { ...httpAccess(address, secret), ...way };
}

type Access = Omit<GitAccess, 'policy' | 'proxy'>;

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.hostname !== '') return url;
  throw fail('UrlInvalid', 'spec.url is no valid URL: write it like https://host/path');
}

/** The proxy of the source; without one, that of the worker's environment. */
async function readProxy(
  secrets: Secrets,
  { url, proxySecretRef }: GitRepository['spec'],
  { proxies }: GitPolicy,
): Promise<Proxy | undefined> {
  if (!proxySecretRef) return environmentProxy(parseUrl(url), proxies);
  return proxyIn(await secrets.read(proxySecretRef.name, 'proxySecretRef'));
}

function appAccess(address: URL, secret: ReadSecret | undefined): Access {
  if (!secret) {
    const why = 'spec.provider github needs spec.secretRef, with the data of a GitHub App';
    throw fail('InvalidProviderConfiguration', why);
  }
  if (address.protocol === 'ssh:') {
    const why = 'spec.provider github fetches over https, and spec.url begins with ssh';
    throw fail('InvalidProviderConfiguration', why);
  }
  const app = readGithubApp(secret.values, secret.title);
  return { url: withoutUser(address), app, tls: tlsOf(secret) };
}

function sshAccess(address: URL, secret: ReadSecret | undefined): Access {
  if (!secret) {
    const why = 'spec.url is one of ssh and needs spec.secretRef, with identity and known_hosts';
    throw fail('AuthenticationFailed', why);
  }
  const { values, title } = secret;
  const [identity, knownHosts] = [values.get('identity'), values.get('known_hosts')];
  if (!identity) throw fail('AuthenticationFailed', `${title} lacks identity, the private key`);
  if (!knownHosts) {
    throw fail('AuthenticationFailed', `${title} lacks known_hosts, the key of the server`);
  }
  const named = [decode(address.username), values.get('username')];
  const username = named.find((name) => name !== undefined && name !== '') ?? 'git';
  const password = values.get('password');
  const passphrase = password === '' ? undefined : password;
  const url = withoutUser(address);
  return { url, ssh: { username, identity, passphrase, knownHosts, title } };
}

function httpAccess(address: URL, secret: ReadSecret | undefined): Access {
  const { username, password } = address;
  const inUrl = username === '' ? undefined : basic(decode(username), decode(password));
  const authorization = (secret && authorizationOf(secret, inUrl !== undefined)) ?? inUrl;
  return {
    url: withoutUser(address),
    ...(authorization === undefined ? {} : { authorization }),
    ...(secret ? { tls: tlsOf(secret) } : {}),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutUser(address: URL): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

function authorizationOf({ values, title }: ReadSecret, fromUrl: boolean): string | undefined {
  const token = values.get('bearerToken');
  const username = values.get('username');
  const password = values.get('password');
  if (token !== undefined) {
    if (!fromUrl) return `Bearer ${token.trim()}`;
    const fault = 'basic auth and bearer token cannot be set at the same time';
    throw fail('AuthenticationFailed', `${fault}: ${title} has a bearerToken, spec.url has a user`);
  }
  if (password !== undefined && username === undefined) {
    throw fail('AuthenticationFailed', `${title} has a password and no username`);
  }
  return username === undefined ? undefined : basic(username, password ?? '');
}

function tlsOf({ values, title }: ReadSecret): TlsTexts {
  const ca = values.get('ca.crt') ?? values.get('caFile');
  const cert = values.get('tls.crt');
  const key = values.get('tls.key');
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'tls.crt' : 'tls.key';
    throw fail(
      'AuthenticationFailed',
      `${title} lacks ${missing}: a client certificate needs both`,
    );
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

/** The value of the Authorization header for a user and a password. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
