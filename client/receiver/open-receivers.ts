import type { Registry } from 'prom-client';
import type { Cluster } from '../../activities/cluster/client.ts';
import { labelSelector } from '../../activities/cluster/selector.ts';
import type { Gauges } from '../bridge/gauges.ts';
import type { Requests } from '../bridge/requests.ts';
import type { Log } from '../log.ts';
import { createAllowance } from './allowance.ts';
import { createAsk } from './ask.ts';
import { createIssuers } from './authenticity/issuers.ts';
import { googleKeysUrl } from './authenticity/tokens.ts';
import type { CertificateFiles } from './certificate.ts';
import { handle } from './handle.ts';
import { createDirectory } from './hook.ts';
import { createRequestMetrics } from './metrics.ts';
import { runReceivers } from './receivers.ts';
import { openReceiverServer } from './server.ts';

/** What webhooks are taken with. */
export interface ReceiversOptions {
  readonly cluster: Cluster;
  readonly log: Log;
  readonly gauges: Gauges;
  readonly registry: Registry;
  readonly requests: Requests;
  readonly address: string;
  readonly certificate: CertificateFiles | undefined;
  /** Requests a second that each path takes. */
  readonly rateLimit: number;
  readonly noCrossNamespaceRefs: boolean;
  readonly scope: {
    readonly labelSelector?: string | undefined;
    readonly namespace?: string | undefined;
  };
}

/** Receivers that are served. */
export interface OpenReceivers {
  readonly port: number | undefined;
  /** Whether every path is known. */
  ready(): boolean;
  /** Follows the Receivers until the signal aborts, then closes the server. */
  run(signal: AbortSignal): Promise<void>;
}

/** Opens the server of webhooks. Raises an Error that names the flag where its address or certificate can not be used. */
export async function openReceivers(options: ReceiversOptions): Promise<OpenReceivers> {
  const { cluster, log, gauges, scope, rateLimit } = options;
  const directory = createDirectory();
  const pathRate = createAllowance({ burst: 2 * rateLimit, perSecond: rateLimit });
  const expressionTime = createAllowance(expressionMs);
  const ask = createAsk(cluster, (request) => {
    options.requests.tell(request);
  });
  const tools = { cluster, log, ask, expressionTime, issuers: createIssuers(), googleKeysUrl };
  const { noCrossNamespaceRefs } = options;
  let ready = false;
  const server = await openReceiverServer({
    ...options,
    directory,
    pathRate,
    ready: () => ready,
    metrics: createRequestMetrics(options.registry),
    handle: (hook, message) => handle(hook, message, { ...tools, noCrossNamespaceRefs }),
  });
  const parts = {
    cluster,
    log,
    gauges,
    directory,
    namespace: scope.namespace,
    belongs: scope.labelSelector ? labelSelector(scope.labelSelector) : () => true,
    listed: () => {
      ready = true;
    },
    forget: (receiver: string) => {
      pathRate.forget(receiver);
      expressionTime.forget(receiver);
    },
  };
  return {
    port: server.port,
    ready: () => ready,
    async run(signal) {
      await runReceivers(parts, signal);
      server.close();
    },
  };
}

/** Half a second at once, and a tenth of the time in the long run. */
const expressionMs = { burst: 500, perSecond: 100 };
