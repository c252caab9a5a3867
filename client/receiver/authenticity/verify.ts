import type { OpenHook } from '../hook.ts';
import { checkCdEvent } from './cdevent.ts';
import {
  checkEvent,
  header,
  mediaTypes,
  Refusal,
  sameText,
  type Message,
  type Verified,
} from './message.ts';
import { jsonOf, registryPayloads } from './payload.ts';
import { checkHex, checkSignature } from './signature.ts';
import { verifyClaims, verifyGoogle, type TokenTools } from './tokens.ts';

/** Verifies that a request is of the sender that the Receiver is for, and an event that it wants. Raises Refusal, and nothing else. */
export async function verify(
  message: Message,
  hook: OpenHook,
  tools: TokenTools,
): Promise<Verified> {
  try {
    return await verifiers[hook.spec.type](message, hook, tools);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('the request can not be verified');
  }
}

type Verifier = (
  message: Message,
  hook: OpenHook,
  tools: TokenTools,
) => Verified | Promise<Verified>;

const verifiers: Record<OpenHook['spec']['type'], Verifier> = {
  // The path is the secret.
  generic: whole,
  'generic-hmac': (message, hook) => {
    checkSignature(header(message, 'x-signature'), message.body, tokenOf(hook));
    return whole(message);
  },
  'generic-oidc': verifyClaims,
  github: (message, hook) => hubSigned(message, hook, 'x-github-event'),
  bitbucket: (message, hook) => hubSigned(message, hook, 'x-event-key'),
  gitlab: (message, hook) => {
    checkToken(header(message, 'x-gitlab-token'), hook);
    checkEvent(header(message, 'x-gitlab-event'), hook.spec.events);
    return whole(message);
  },
  harbor: (message, hook) => {
    checkToken(header(message, 'authorization'), hook);
    return whole(message);
  },
  nexus: (message, hook) => {
    const signature = header(message, 'x-nexus-webhook-signature');
    checkHex(signature, message.body, { algorithm: 'sha1', token: tokenOf(hook) });
    return told(message, 'nexus');
  },
  gcr: verifyGoogle,
  dockerhub: (message) => told(message, 'dockerhub'),
  quay: (message) => told(message, 'quay'),
  acr: (message) => told(message, 'acr'),
  cdevents: (message, hook) => {
    checkCdEvent(message.body);
    checkEvent(header(message, 'ce-type'), hook.spec.events);
    return whole(message);
  },
};

function whole({ body }: Message): Verified {
  return { payload: body };
}

function told(message: Message, registry: keyof typeof registryPayloads): Verified {
  jsonOf(message.body, registryPayloads[registry]);
  return whole(message);
}

/** GitHub, Gitea and Bitbucket sign the body as it is sent, also where a form carries the payload. */
function hubSigned(message: Message, hook: OpenHook, eventHeader: string): Verified {
  const signature = header(message, 'x-hub-signature-256') || header(message, 'x-hub-signature');
  const [type = ''] = mediaTypes(message);
  if (type !== 'application/json' && type !== 'application/x-www-form-urlencoded')
    throw new Refusal('the content type has to be application/json or a form');
  checkSignature(signature, message.body, tokenOf(hook));
  checkEvent(header(message, eventHeader), hook.spec.events);
  return whole(message);
}

function checkToken(given: string, hook: OpenHook): void {
  if (!sameText(given, tokenOf(hook))) throw new Refusal('the token does not match');
}

function tokenOf({ secret }: OpenHook): string {
  const { token = '' } = secret;
  if (token === '') throw new Refusal('the Receiver has no token');
  return token;
}
