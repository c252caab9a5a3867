import { Client, Connection } from '@temporalio/client';
import { connectCluster } from '../../activities/cluster/client.ts';
import { createLog } from '../log.ts';
import { defaultTemporalAddress, readClientSettings } from '../settings.ts';
import { runBridge } from './bridge.ts';
import { createWaker } from './waker.ts';

const log = createLog();
const settings = readClientSettings(process.env);
const cluster = await connectCluster(settings.KUBECONFIG);
const connection = await Connection.connect({
  address: settings.TEMPORAL_ADDRESS ?? defaultTemporalAddress,
});
const client = new Client({ connection, namespace: settings.TEMPORAL_NAMESPACE });
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort();
  });
}
log.info('bridge runs');
await runBridge(cluster, createWaker(client, log), log, stop.signal);
await connection.close();
await cluster.close();
