import { createHmac } from 'node:crypto';
import type { Receiver } from '../../api/index.ts';
import { Refusal, type Message } from '../../client/receiver/authenticity/message.ts';
import { createIssuers } from '../../client/receiver/authenticity/issuers.ts';
import type { TokenTools } from '../../client/receiver/authenticity/tokens.ts';
import { verify } from '../../client/receiver/authenticity/verify.ts';
import { compileExpressions } from '../../client/receiver/expressions.ts';
import type { OpenHook } from '../../client/receiver/hook.ts';

/** A spec of a Receiver with the required fields and these besides. */
export function receiverSpec(fields: Partial<Receiver['spec']> = {}): Receiver['spec'] {
  const resources = [{ kind: 'GitRepository', name: 'repo' } as const];
  return { type: 'github', interval: '10m', resources, secretRef: { name: 'hook' }, ...fields };
}

/** A hook that is open, with a Secret. */
export function openHook(
  fields: Partial<Receiver['spec']> = {},
  secret: Record<string, string> = { token: 'top secret' },
): OpenHook {
  const spec = receiverSpec(fields);
  return { spec, secret, expressions: compileExpressions(spec), matchesUrl: false };
}

/** A request with these headers, in lower case, and this body. */
export function message(headers: Record<string, string>, body: string | Buffer = '{}'): Message {
  return { headers, body: Buffer.from(body) };
}

/** The hex HMAC of a body. */
export function hmac(algorithm: string, token: string, body: string | Buffer): string {
  return createHmac(algorithm, token).update(body).digest('hex');
}

/** The headers of a push event as GitHub signs it. */
export function signedByGitHub(
  token: string,
  body: string | Buffer,
  event = 'push',
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-hub-signature-256': `sha256=${hmac('sha256', token, body)}`,
  };
}

/** `ok`, or why a request is refused. */
export async function verdict(
  given: Message,
  hook: OpenHook,
  googleKeysUrl = 'http://127.0.0.1:1/',
): Promise<string> {
  const tools: TokenTools = { issuers: createIssuers(), googleKeysUrl, measured: (work) => work() };
  try {
    await verify(given, hook, tools);
    return 'ok';
  } catch (error) {
    if (error instanceof Refusal)
      return error.cause instanceof Error
        ? `${error.message}: ${error.cause.message}`
        : error.message;
    throw error;
  }
}
