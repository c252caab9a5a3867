import { z } from 'zod';
import { violations } from '../expressions.ts';
import type { OpenHook } from '../hook.ts';
import type { Issuers } from './issuers.ts';
import { header, Refusal, type Message, type Verified } from './message.ts';
import { jsonOf, PubSubMessage, RegistryEvent } from './payload.ts';

/** Where tokens are verified. */
export interface TokenTools {
  readonly issuers: Issuers;
  /** Where Google publishes the keys of its identity tokens. */
  readonly googleKeysUrl: string;
  /** Evaluates expressions of the Receiver within the time that it has for them. Raises an Error where that is used up. */
  readonly measured: <T>(work: () => T) => T;
}

/** The keys of accounts.google.com, as its OpenID configuration names them. */
export const googleKeysUrl = 'https://www.googleapis.com/oauth2/v3/certs';

/** Verifies a token of one of spec.oidcProviders and what the provider's expressions ask of it. Raises Refusal. */
export async function verifyClaims(
  message: Message,
  { spec, expressions }: OpenHook,
  { issuers, measured }: TokenTools,
): Promise<Verified> {
  const token = bearerOf(message);
  const issuer = issuerOf(token);
  const provider = (spec.oidcProviders ?? []).find(({ issuerURL }) => issuerURL === issuer);
  const rules = expressions.claims.get(issuer);
  if (!provider || !rules)
    throw new Refusal('the issuer of the token is none of spec.oidcProviders');
  const audience = provider.audience ?? 'notification-controller';
  const claims = await issuers.verify(token, { issuers: [issuer], audience });
  const broken = brokenRules(() => measured(() => violations(rules, claims)));
  if (broken.length > 0) throw new Refusal(`the token is refused: ${broken.join('; ')}`);
  return { payload: message.body, claims };
}

/** An expression quotes no value where it fails, but it may be a secret of the cluster's owner itself. */
function brokenRules(check: () => string[]): string[] {
  try {
    return check();
  } catch {
    return ['an expression of its provider can not be evaluated'];
  }
}

/** Verifies a Pub/Sub message of Google's registries by the account that its subscription pushes with. Raises Refusal. */
export async function verifyGoogle(
  message: Message,
  { secret }: OpenHook,
  { issuers, googleKeysUrl: keysUrl }: TokenTools,
): Promise<Verified> {
  const { email = '', audience = '' } = secret;
  // Without both, a token that anybody can get from Google would do.
  if (email === '' || audience === '')
    throw new Refusal('the Secret of the Receiver needs the keys email and audience');
  const claims = await issuers.verify(bearerOf(message), {
    issuers: ['https://accounts.google.com', 'accounts.google.com'],
    audience,
    keysUrl,
  });
  if (claims['email'] !== email || claims['email_verified'] !== true)
    throw new Refusal('the token is of another account than the Secret names');
  const { message: inner } = jsonOf(message.body, PubSubMessage);
  const data = Buffer.from(inner?.data ?? '', 'base64');
  return { payload: Buffer.from(JSON.stringify(jsonOf(data, RegistryEvent))) };
}

function bearerOf(message: Message): string {
  const [, token] = /^Bearer\s+(\S+)$/.exec(header(message, 'authorization').trim()) ?? [];
  if (token === undefined) throw new Refusal('the Authorization header has no bearer token');
  return token;
}

/** The issuer that a token names; it only chooses whose keys verify it. */
function issuerOf(token: string): string {
  const parts = token.split('.');
  const body = Buffer.from(parts[1] ?? '', 'base64url');
  if (parts.length !== 3) throw new Refusal('the bearer token is no JWT');
  try {
    return z.object({ iss: z.string() }).parse(JSON.parse(body.toString('utf8'))).iss;
  } catch {
    throw new Refusal('the bearer token names no issuer');
  }
}
