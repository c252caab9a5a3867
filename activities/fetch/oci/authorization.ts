import { z } from 'zod';
import type { Credential } from './docker-config.ts';
import { readLimited } from './limited.ts';
import { placeOf, RegistryError } from './registry-error.ts';
import type { Transport } from './transport.ts';

/** What a registry asks for in the header www-authenticate. */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: Readonly<Record<string, string>>;
}

/** The challenge that can be answered, tokens first; undefined where there is none. */
export function parseChallenge(
  header: string | readonly string[] | undefined,
): Challenge | undefined {
  const text = [header ?? ''].flat().join(', ').slice(0, maxHeader);
  const found = [...text.matchAll(/\b(basic|bearer)\s+([^\s].*?)(?=,\s*(?:basic|bearer)\s|$)/gi)];
  const challenges = found.map(([, scheme = '', rest = '']) => ({
    scheme: scheme.toLowerCase() === 'bearer' ? ('bearer' as const) : ('basic' as const),
    parameters: parametersOf(rest),
  }));
  return challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges[0];
}

/** Who asks for what at a registry. */
export interface Claim {
  readonly credential: Credential | undefined;
  /** In the language of tokens, such as `repository:apps/web:pull`. */
  readonly scope: string;
  /** Address of the registry. */
  readonly registry: URL;
}

/**
 * The value of the Authorization header that answers a challenge; undefined where there is nothing to show. A token is asked for where the
 * challenge says, but credentials only go to a protected address, or to the registry's own host.
 */
export async function authorize(
  transport: Transport,
  challenge: Challenge,
  claim: Claim,
): Promise<string | undefined> {
  const { credential } = claim;
  if (credential && 'registryToken' in credential) return `Bearer ${credential.registryToken}`;
  if (challenge.scheme === 'basic') {
    return credential && 'username' in credential ? basic(credential) : undefined;
  }
  const realm = realmOf(challenge, claim.registry);
  const { service } = challenge.parameters;
  const answer =
    credential && 'identityToken' in credential
      ? await exchange(transport, realm, { ...claim, service, token: credential.identityToken })
      : await askForToken(transport, realm, { ...claim, service });
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    const place = placeOf(realm);
    throw new RegistryError(
      answer.statusCode,
      `${place} gives no token: HTTP ${answer.statusCode}`,
    );
  }
  return `Bearer ${tokenIn(await readLimited(answer.body, maxAnswer, 'the token'), realm)}`;
}

const maxHeader = 8192;
const maxAnswer = 1024 * 1024;

function parametersOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/g)];
  return Object.fromEntries(
    pairs.map(([, name = '', quoted, bare = '']) => [name.toLowerCase(), quoted ?? bare]),
  );
}

/** The realm is whatever the registry says: it must not make anybody send a password over plain HTTP to a third party. */
function realmOf({ parameters }: Challenge, registry: URL): URL {
  const text = parameters['realm'] ?? '';
  if (!URL.canParse(text))
    throw new RegistryError(401, `${registry.host} names no realm for tokens`);
  const realm = new URL(text);
  const own = realm.protocol === registry.protocol && realm.hostname === registry.hostname;
  if (realm.username !== '' || (realm.protocol !== 'https:' && !own)) {
    throw new RegistryError(
      401,
      `${registry.host} sends its users for tokens to ${placeOf(realm)}, which is not protected`,
    );
  }
  return realm;
}

type TokenClaim = Claim & { readonly service: string | undefined };

function askForToken(
  transport: Transport,
  realm: URL,
  { credential, scope, service }: TokenClaim,
): ReturnType<Transport['send']> {
  const target = new URL(realm);
  if (service) target.searchParams.set('service', service);
  target.searchParams.append('scope', scope);
  const known = credential && 'username' in credential;
  return transport.send({
    method: 'GET',
    target,
    headers: known ? { authorization: basic(credential) } : {},
  });
}

function exchange(
  transport: Transport,
  target: URL,
  { scope, service, token }: TokenClaim & { readonly token: string },
): ReturnType<Transport['send']> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'sluice',
    refresh_token: token,
    scope,
    ...(service ? { service } : {}),
  });
  return transport.send({
    method: 'POST',
    target,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  });
}

const tokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

function tokenIn(bytes: Buffer, realm: URL): string {
  const malformed = new RegistryError(
    200,
    `${placeOf(realm)} answers with something that is no token`,
  );
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw malformed;
  }
  const { data } = tokenAnswer.safeParse(json);
  const token = data?.token ?? data?.access_token;
  // Whatever else would leave the header.
  if (!token || !/^[\x21-\x7e]+$/.test(token)) throw malformed;
  return token;
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
