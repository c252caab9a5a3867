import { collectDefaultMetrics, Registry } from 'prom-client';
import { makeTelemetryFilterString, DefaultLogger, Runtime } from '@temporalio/worker';
import { openEndpoints } from '../client/endpoints.ts';
import { idleOnWorker } from '../client/flux-flags.ts';
import { openService } from '../client/service-settings.ts';
import { bundleWorkflows } from './bundle.ts';
import { createWorker } from './create-worker.ts';
import { createDurations } from './durations.ts';
import { WorkerSettings } from './settings.ts';

const { settings, log } = openService(WorkerSettings, idleOnWorker);

Runtime.install({
  logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
    log[level === 'ERROR' ? 'error' : 'warn'](message, { ...meta });
  }),
  telemetryOptions: {
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
  },
});

const registry = new Registry();
collectDefaultMetrics({ register: registry });
let running = true;
const durations = createDurations(registry);
const assembled = await createWorker(settings, await bundleWorkflows(), { log, durations });
const endpoints = await openEndpoints({
  metricsAddress: settings.SLUICE_METRICS_ADDR,
  healthAddress: settings.SLUICE_HEALTH_ADDR,
  registry,
  ready: () => running && assembled.worker.getState() !== 'FAILED',
});
const { artifactPort } = assembled;
log.info('worker runs', { artifactPort, metricsPort: endpoints.metricsPort });
await assembled.worker.run();
running = false;
endpoints.close();
await assembled.close();
