import type { GitRepository } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import { read } from '../cluster/kustomizations.ts';
import { secretData } from '../cluster/secret-data.ts';
import { fail } from '../failures.ts';

/** What is needed to reach a remote: its address without credentials, and the credentials. */
export interface GitAccess {
  readonly url: string;
  readonly authorization?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads the credentials of a source from the Secret that it names, in its own namespace, by Flux's keys. Raises AuthenticationFailed,
 * naming the Secret and the key at fault, never a value.
 */
export async function gitAccess(
  cluster: Cluster,
  { spec }: GitRepository,
  namespace: string,
): Promise<GitAccess> {
  const address = parseUrl(spec.url);
  const fromUrl = address.username !== '';
  const inUrl = basic(decodeURIComponent(address.username), decodeURIComponent(address.password));
  address.username = '';
  address.password = '';
  const url = address.href;
  if (!spec.secretRef) return fromUrl ? { url, authorization: inUrl } : { url };
  const title = `Secret/${namespace}/${spec.secretRef.name}`;
  const values = await readSecret(cluster, namespace, spec.secretRef.name);
  const authorization = authorizationOf(values, title, fromUrl) ?? (fromUrl ? inUrl : undefined);
  return { url, ...(authorization ? { authorization } : {}), ...tlsOf(values, title) };
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw fail('UrlInvalid', 'spec.url is no valid URL: write it like https://host/path');
  }
}

async function readSecret(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Map<string, string>> {
  const secret = await read(() =>
    cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }),
  );
  if (!secret) {
    const title = `Secret/${namespace}/${name}`;
    throw fail(
      'AuthenticationFailed',
      `${title} is not there: create it or correct spec.secretRef`,
    );
  }
  return new Map(Object.entries(secretData(secret)));
}

function authorizationOf(
  values: ReadonlyMap<string, string>,
  title: string,
  fromUrl: boolean,
): string | undefined {
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

function tlsOf(
  values: ReadonlyMap<string, string>,
  title: string,
): { ca?: string; cert?: string; key?: string } {
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

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
