import { Client, Connection } from '@temporalio/client';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { connectCluster } from '../../activities/cluster/client.ts';
import { openEndpoints } from '../endpoints.ts';
import { idleOnBridge } from '../flux-flags.ts';
import { openReceivers } from '../receiver/open-receivers.ts';
import { openService } from '../service-settings.ts';
import { countApiRequests } from '../telemetry/api-requests.ts';
import { createSignalCounter } from '../telemetry/signal-counter.ts';
import { createSignalTracing } from '../telemetry/signal-tracing.ts';
import { openTracing } from '../telemetry/tracing.ts';
import { connectTemporal } from '../connect-temporal.ts';
import { runBridge } from './bridge.ts';
import { createDriftWatch } from './drift/drift-watch.ts';
import { createGauges } from './gauges.ts';
import { createQueueGauges } from './queue-gauges.ts';
import { createRequests } from './requests.ts';
import { BridgeSettings, certificateOf } from './settings.ts';
import { createWaker } from './waker.ts';

const { settings, log } = openService(BridgeSettings, idleOnBridge);
const registry = new Registry();
collectDefaultMetrics({ register: registry });
countApiRequests(registry);
const cluster = await connectCluster(settings.KUBECONFIG, process.env);
const connection = await connectTemporal(settings.TEMPORAL_ADDRESS, (options) =>
  Connection.connect(options),
);
const tracing = openTracing('sluice-bridge', process.env);
const counter = createSignalCounter(registry);
const client = new Client({
  connection,
  namespace: settings.TEMPORAL_NAMESPACE,
  interceptors: { workflow: tracing ? [counter, createSignalTracing(tracing)] : [counter] },
});
createQueueGauges(registry, client, settings.SLUICE_TASK_QUEUE);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort();
  });
}
const watchesConfigs = !settings.SLUICE_FEATURE_GATES.open.DisableConfigWatchers;
const scope = {
  labelSelector: settings.SLUICE_WATCH_LABEL_SELECTOR,
  namespace: settings.SLUICE_WATCH_ALL_NAMESPACES ? undefined : settings.RUNTIME_NAMESPACE,
  configSelector: watchesConfigs ? settings.SLUICE_WATCH_CONFIGS_LABEL_SELECTOR : undefined,
};
const waker = createWaker(client, log, { taskQueue: settings.SLUICE_TASK_QUEUE });
const gauges = createGauges(registry);
let ready = false;
const listed = (): void => {
  ready = true;
};
const requests = createRequests();
const receivers =
  settings.SLUICE_RECEIVER_ADDR === '0'
    ? undefined
    : await openReceivers({
        ...{ cluster, log, gauges, registry, requests, scope },
        address: settings.SLUICE_RECEIVER_ADDR,
        certificate: certificateOf(settings),
        rateLimit: settings.SLUICE_RECEIVER_RATE_LIMIT,
        noCrossNamespaceRefs: settings.SLUICE_NO_CROSS_NAMESPACE_REFS,
      });
const endpoints = await openEndpoints({
  metricsAddress: settings.SLUICE_METRICS_ADDR,
  healthAddress: settings.SLUICE_HEALTH_ADDR,
  registry,
  ready: () => ready && (receivers?.ready() ?? true),
});
log.info('bridge runs', {
  metricsPort: endpoints.metricsPort,
  healthPort: endpoints.healthPort,
  receiverPort: receivers?.port,
});
const policy = {
  insecureKubeconfigTls: settings.SLUICE_INSECURE_KUBECONFIG_TLS,
  defaultKubeconfigServiceAccount: settings.SLUICE_DEFAULT_KUBECONFIG_SERVICE_ACCOUNT,
};
const drift = settings.SLUICE_DRIFT_WATCH
  ? createDriftWatch({ home: cluster, waker, log, policy }, stop.signal)
  : undefined;
await Promise.all([
  runBridge({ cluster, waker, log, scope, gauges, requests, listed, drift }, stop.signal),
  receivers?.run(stop.signal),
]);
endpoints.close();
await waker.close();
await connection.close();
await cluster.close();
await tracing?.close();
