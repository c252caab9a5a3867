import { authorize, parseChallenge } from './authorization.ts';
import type { Credential } from './docker-config.ts';
import { placeOf, RegistryError } from './registry-error.ts';
import type { RepositoryName } from './repository-name.ts';
import {
  openTransport,
  type TransportOptions,
  type WireAnswer,
  type WireRequest,
} from './transport.ts';

/** What of a repository may be done. */
export type Rights = 'pull' | 'pull,push';

/** How a repository is reached, and as whom. */
export interface SessionOptions extends Omit<TransportOptions, 'host'> {
  readonly credential?: Credential | undefined;
  readonly rights?: Rights;
}

/** Authorised requests to one repository. */
export interface Session {
  readonly repository: RepositoryName;
  /** Path of something below the repository. */
  path(rest: string): string;
  /** The answer, whatever its status, after the challenge and the redirects before it. Raises RegistryError. */
  ask(wanted: WireRequest): Promise<WireAnswer>;
  close(): Promise<void>;
}

/** Opens a session; asks nobody anything yet. */
export function openSession(repository: RepositoryName, options: SessionOptions): Session {
  const { credential, rights = 'pull', ...transportOptions } = options;
  const transport = openTransport({ ...transportOptions, host: repository.host });
  const scope = `repository:${repository.path}:${rights}`;
  let authorization: string | undefined;
  const send = (wanted: WireRequest): Promise<WireAnswer> => {
    const headers = authorization === undefined ? {} : { authorization };
    return transport.send({ ...wanted, headers: { ...wanted.headers, ...headers } });
  };
  const ask = async (wanted: WireRequest): Promise<WireAnswer> => {
    const first = await send(wanted);
    if (first.statusCode !== 401) return first;
    const challenge = parseChallenge(first.headers['www-authenticate']);
    if (!challenge) return first;
    await first.body.dump();
    const claim = { credential, scope, registry: first.url };
    authorization = await authorize(transport, challenge, claim);
    return send(wanted);
  };
  return {
    repository,
    path: (rest) => `/v2/${repository.path}/${rest}`,
    async ask(wanted) {
      let answer = await ask(wanted);
      for (let hops = 0; isRedirect(answer, wanted); hops++) {
        await answer.body.dump();
        const target = redirected(answer, hops, transportOptions.insecure);
        // Credentials must not follow to whatever host the registry names.
        answer = await (transport.isRegistry(target)
          ? ask({ ...wanted, target })
          : transport.send({ ...wanted, target }));
      }
      return answer;
    },
    close: () => transport.close(),
  };
}

const maxRedirects = 5;

function isRedirect({ statusCode, headers }: WireAnswer, { method }: WireRequest): boolean {
  const reads = method === 'GET' || method === 'HEAD';
  return reads && statusCode >= 300 && statusCode < 400 && headers['location'] !== undefined;
}

function redirected({ url, headers }: WireAnswer, hops: number, insecure: boolean): URL {
  const location = String(headers['location']);
  if (hops >= maxRedirects) throw new RegistryError(0, `${placeOf(url)} redirects in a circle`);
  if (!URL.canParse(location, url.href)) {
    throw new RegistryError(0, `${placeOf(url)} redirects to what is no address`);
  }
  const target = new URL(location, url);
  const allowed = insecure || url.protocol === 'http:' ? /^https?:$/ : /^https:$/;
  if (allowed.test(target.protocol)) return target;
  throw new RegistryError(
    0,
    `${placeOf(url)} redirects to ${placeOf(target)}, which is not protected`,
  );
}
