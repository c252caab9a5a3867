import { createPublicKey, createVerify } from 'node:crypto';
import { createServer } from 'node:http';

/** A small server that gives tokens of installations as GitHub's API does, to an app that signs with the right key. */
export interface TestGithub {
  readonly url: string;
  /** How many tokens were given. */
  tokens(): number;
  close(): Promise<void>;
}

/** The app that is known, and its one installation. */
export interface GithubOptions {
  readonly appId: string;
  readonly publicKey: string;
  readonly installation: { readonly id: number; readonly owner: string };
  readonly token: string;
  /** For how long a token is good. */
  readonly seconds?: number;
  /** Where an installation can be looked up. */
  readonly lookup?: 'orgs' | 'users' | 'list';
}

/** Starts the server on 127.0.0.1. */
export async function startGithub(options: GithubOptions): Promise<TestGithub> {
  const { installation, token, seconds = 3600, lookup = 'orgs' } = options;
  let given = 0;
  const row = { id: installation.id, account: { login: installation.owner } };
  const expires = (): string => new Date(Date.now() + seconds * 1000).toISOString();
  const routes: Record<string, () => [number, unknown]> = {
    [`POST /app/installations/${installation.id}/access_tokens`]: () => {
      given++;
      return [201, { token, expires_at: expires() }];
    },
    ...(lookup === 'list'
      ? { 'GET /app/installations': () => [200, [{ id: 1, account: { login: 'else' } }, row]] }
      : { [`GET /${lookup}/${installation.owner}/installation`]: () => [200, row] }),
  };
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const route = routes[`${request.method ?? ''} ${path}`];
    const fault = faultOf(request.headers.authorization, options);
    const [status, body] = fault ? [401, { message: fault }] : (route?.() ?? [404, {}]);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    tokens: () => given,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** What GitHub checks of the token that an app signs for itself. */
function faultOf(header: string | undefined, { appId, publicKey }: GithubOptions): string {
  const [head = '', claims = '', signature = ''] = (header ?? '').replace('Bearer ', '').split('.');
  const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
  if (!verify.verify(createPublicKey(publicKey), signature, 'base64url')) return 'signature';
  const { alg } = decoded(head);
  const { iss, iat, exp } = decoded(claims);
  if (alg !== 'RS256' || iss !== appId) return 'issuer';
  return isTimely(Number(iat), Number(exp)) ? '' : 'time';
}

/** Made in the past, and good for ten minutes at most. */
function isTimely(made: number, expires: number): boolean {
  const now = Date.now() / 1000;
  return made <= now && expires >= now && expires <= now + 600;
}

function decoded(part: string): Record<string, string | number | undefined> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, string>;
}
