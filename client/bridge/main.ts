import { Client, Connection } from '@temporalio/client';
import { connectCluster } from '../../activities/cluster/client.ts';
import { idleOnBridge } from '../flux-flags.ts';
import { openService } from '../service-settings.ts';
import { runBridge } from './bridge.ts';
import { BridgeSettings } from './settings.ts';
import { createWaker } from './waker.ts';

const { settings, log } = openService(BridgeSettings, idleOnBridge);
const cluster = await connectCluster(settings.KUBECONFIG);
const connection = await Connection.connect({ address: settings.TEMPORAL_ADDRESS });
const client = new Client({ connection, namespace: settings.TEMPORAL_NAMESPACE });
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
log.info('bridge runs');
await runBridge({ cluster, waker, log, scope }, stop.signal);
await connection.close();
await cluster.close();
