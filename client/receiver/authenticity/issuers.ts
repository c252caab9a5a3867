import { Readable } from 'node:stream';
import { createRemoteJWKSet, customFetch, jwtVerify, type RemoteJWKSet } from 'jose';
import { z } from 'zod';
import { Refusal } from './message.ts';

/** What a token has to be: of this issuer under one of its names, for this audience, signed with a key of this address. */
export interface Expected {
  readonly issuers: readonly string[];
  readonly audience: string;
  /** Where the keys are; found by the issuer's OpenID configuration where absent. */
  readonly keysUrl?: string;
}

/** Verifies tokens, with the keys of their issuers kept for ten minutes. */
export interface Issuers {
  /** The claims of a token. Raises Refusal where it is not what is expected, or where the issuer can not be asked. */
  verify(token: string, expected: Expected): Promise<Record<string, unknown>>;
}

/** Knows no issuer yet, and never more than some hundred. */
export function createIssuers(): Issuers {
  const known = new Map<string, Promise<RemoteJWKSet>>();
  const keysOf = (name: string, load: () => Promise<RemoteJWKSet>): Promise<RemoteJWKSet> => {
    const found = known.get(name);
    if (found) return found;
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size >= maxIssuers) known.delete(oldest);
    const loading = load();
    known.set(name, loading);
    // An issuer that does not answer is not asked again for every request.
    loading.catch(() => setTimeout(() => known.delete(name), retryMs).unref());
    loading.then(
      () => setTimeout(() => known.delete(name), configurationMs).unref(),
      () => undefined,
    );
    return loading;
  };
  return {
    async verify(token, { issuers, audience, keysUrl }) {
      const [issuer = ''] = issuers;
      // An issuer must not stand for the keys of another.
      const place = keysUrl === undefined ? `issuer ${issuer}` : `keys ${keysUrl}`;
      try {
        const keys = await keysOf(place, async () =>
          createRemoteJWKSet(new URL(keysUrl ?? (await discover(issuer))), keyOptions),
        );
        const { payload } = await jwtVerify(token, keys, {
          issuer: [...issuers],
          audience,
          algorithms,
          requiredClaims: ['exp'],
          clockTolerance: toleranceSeconds,
        });
        return payload;
      } catch (error) {
        throw refusalOf(error);
      }
    },
  };
}

/** Only signatures that need a private key: a shared secret could be the public key itself. */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
const maxIssuers = 200;
const retryMs = 10_000;
const configurationMs = 3_600_000;
const toleranceSeconds = 5;
const timeoutMs = 5000;
const maxAnswerBytes = 1024 * 1024;

const keyOptions = {
  timeoutDuration: timeoutMs,
  cacheMaxAge: 600_000,
  cooldownDuration: 30_000,
  [customFetch]: async (url: string, { signal }: { signal: AbortSignal }): Promise<Response> =>
    new Response(await answerOf(url, signal)),
};

/** The address of the keys of an issuer, by OpenID Connect Discovery 1.0. */
async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const parsed = Configuration.safeParse(
    parse(await answerOf(url, AbortSignal.timeout(timeoutMs))),
  );
  if (parsed.success && parsed.data.issuer === issuer) return parsed.data.jwks_uri;
  throw new IssuerFault('its OpenID configuration is not that of the issuer');
}

const Configuration = z.looseObject({
  issuer: z.string(),
  jwks_uri: z.string().regex(/^https?:\/\//),
});

function parse(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    throw new IssuerFault('its answer is no JSON');
  }
}

/** A redirect is none of what an issuer promises, and a way to other hosts. */
async function answerOf(url: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, { signal, redirect: 'error' }).catch(() => {
    throw new IssuerFault('it does not answer');
  });
  if (answer.status !== 200) throw new IssuerFault(`it answers with ${answer.status}`);
  const chunks: Uint8Array[] = [];
  const body: AsyncIterable<Uint8Array> = answer.body ?? Readable.from([]);
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new IssuerFault('its answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Why an issuer could not be asked, in words that quote nothing of its answer. */
class IssuerFault extends Error {
  override readonly name = 'IssuerFault';
}

/**
 * The codes of jose say what is wrong with a token and quote nothing of it. How an issuer failed is told to the log alone: its address is a
 * tenant's choice, and the answer to the sender must not tell what other hosts there are.
 */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_J'))
    return new Refusal(`the token is refused: ${error.message}`);
  const cause = error instanceof IssuerFault ? error : undefined;
  return new Refusal('the token is refused: the keys of its issuer can not be had', { cause });
}
