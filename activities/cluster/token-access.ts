import { z } from 'zod';
import { fail } from '../failures.ts';
import { ApiError, isTransient } from './api-error.ts';
import type { Cluster } from './client.ts';

/** How a remote cluster is reached with tokens of a ServiceAccount. */
export interface TokenAccess {
  /** URL of the API server. */
  readonly url: string;
  /** Certificates that it is verified by, as PEM; the authorities of the system where absent. */
  readonly ca: string | undefined;
  readonly audiences: readonly string[];
  /** ServiceAccount of the namespace of the Kustomization. */
  readonly account: string;
}

/** Which ServiceAccount is used where a ConfigMap names none. */
export interface AccountPolicy {
  readonly defaultKubeconfigServiceAccount?: string | undefined;
}

/**
 * Reads the data of a ConfigMap that tells how a cluster is reached by workload identity; `title` is its name for messages. Fails with UnsupportedField for a provider that needs a
 * cloud, and with ApplyFailed, naming the key, for what is missing or wrong.
 */
export function readTokenAccess(
  data: Readonly<Record<string, string>>,
  title: string,
  policy: AccountPolicy,
): TokenAccess {
  const { provider = '', address = '', 'ca.crt': ca, audiences = '' } = data;
  const fault = providerFault(provider, title) ?? addressFault(address) ?? certificateFault(ca);
  if (fault) throw fail('ApplyFailed', `kubeConfig: ${title} ${fault}`);
  const account = accountIn(data, policy);
  if (!account) {
    const why = "the worker's own identity is never lent";
    const what = `kubeConfig: ${title} names no serviceAccountName`;
    throw fail('ApplyFailed', `${what}: name one of this namespace, since ${why}`);
  }
  const wanted = audiences.split(/\s+/).filter((audience) => audience !== '');
  return { url: urlOf(address), ca, account, audiences: wanted.length > 0 ? wanted : [address] };
}

/** The ServiceAccount that the data of such a ConfigMap name, or the default one. */
export function accountIn(
  { serviceAccountName }: Readonly<Record<string, string>>,
  { defaultKubeconfigServiceAccount }: AccountPolicy,
): string | undefined {
  const name = serviceAccountName?.trim() ?? '';
  return name === '' ? defaultKubeconfigServiceAccount : name;
}

const clouds = new Set(['aws', 'azure', 'gcp']);
const httpsUrl = z.url({ protocol: /^https$/ });

function providerFault(provider: string, title: string): string | undefined {
  if (clouds.has(provider)) {
    const instead = 'use provider generic or a kubeconfig in a Secret';
    const what = `kubeConfig: provider ${provider} of ${title} is not supported yet`;
    throw fail('UnsupportedField', `${what}; ${instead}`);
  }
  if (provider === 'generic') return undefined;
  return `has provider "${provider}": generic is the one that is known here`;
}

/** A token goes to nobody who has not shown a certificate. */
function addressFault(address: string): string | undefined {
  if (address === '') return 'has no address: give the URL of the API server';
  if (httpsUrl.safeParse(urlOf(address)).success) return undefined;
  return `has the address "${address}": it must be https`;
}

function certificateFault(ca: string | undefined): string | undefined {
  if (ca === undefined || ca.includes('-----BEGIN CERTIFICATE-----')) return undefined;
  return 'has a ca.crt that holds no certificate in PEM';
}

function urlOf(address: string): string {
  return address.includes('://') ? address : `https://${address}`;
}

/** Tokens of one ServiceAccount, in memory alone. */
export interface TokenSource {
  /** A token that is valid for a while yet. Fails with ApplyFailed where there can be none, and with ClusterUnavailable. */
  token(): Promise<string>;
  /** Lets the next call ask for a new one. */
  forget(): void;
}

/** Asks a cluster for tokens of a ServiceAccount, and again when a fifth of the lifetime of one is left. */
export function createTokenSource(
  home: Cluster,
  namespace: string,
  wanted: Pick<TokenAccess, 'account' | 'audiences'>,
): TokenSource {
  let current: Renewal | undefined;
  const renew = (): Renewal => {
    const answer = requestToken(home, namespace, wanted);
    const renewal: Renewal = { answer, renewAt: Number.POSITIVE_INFINITY };
    answer.then(
      ({ expiresAt }) => {
        renewal.renewAt = Date.now() + 0.8 * (expiresAt - Date.now());
      },
      () => {
        if (current === renewal) current = undefined;
      },
    );
    return renewal;
  };
  return {
    async token() {
      if (!current || Date.now() >= current.renewAt) current = renew();
      return (await current.answer).value;
    },
    forget() {
      current = undefined;
    },
  };
}

interface Renewal {
  readonly answer: Promise<Token>;
  renewAt: number;
}

interface Token {
  readonly value: string;
  readonly expiresAt: number;
}

const lifetimeS = 3600;
const answerOf = z.object({
  status: z.object({ token: z.string().min(1), expirationTimestamp: z.iso.datetime() }),
});

async function requestToken(
  home: Cluster,
  namespace: string,
  { account, audiences }: Pick<TokenAccess, 'account' | 'audiences'>,
): Promise<Token> {
  const title = `ServiceAccount/${namespace}/${account}`;
  try {
    const name = encodeURIComponent(account);
    const answer = await home.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences, expirationSeconds: lifetimeS },
      },
    });
    const { status } = answerOf.parse(answer);
    return { value: status.token, expiresAt: Date.parse(status.expirationTimestamp) };
  } catch (error) {
    // Never an ApiError: its 404 would be taken for that of an object in the remote cluster.
    if (!(error instanceof ApiError)) {
      throw fail(
        'ApplyFailed',
        `kubeConfig: the answer to a request for a token of ${title} has none`,
      );
    }
    const code = isTransient(error) ? 'ClusterUnavailable' : 'ApplyFailed';
    throw fail(code, `kubeConfig: no token of ${title}: ${error.message}`);
  }
}
