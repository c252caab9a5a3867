import type { RequestWatcher } from './reachability.ts';

/** What of the kubeconfig goes into every request. */
export interface Access {
  readonly authorize: () => Promise<Record<string, string>>;
  /** Path of the server's URL; proxies of API servers have one. */
  readonly prefix: string;
  readonly defaultNamespace: string;
  /** Whose rights count instead of those of the credentials. */
  readonly user?: string;
  readonly watcher: RequestWatcher;
}

/** What of a request its headers tell. */
interface Content {
  readonly accept?: string | undefined;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** The headers of a request with the credentials in them. */
export async function headersOf(
  { accept = 'application/json', body, contentType = 'application/json' }: Content,
  { authorize, user }: Pick<Access, 'authorize' | 'user'>,
): Promise<Record<string, string>> {
  return {
    accept,
    'user-agent': 'sluice',
    ...(await authorize()),
    ...(user ? { 'impersonate-user': user } : {}),
    ...(body === undefined ? {} : { 'content-type': contentType }),
  };
}
