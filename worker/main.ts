import { collectDefaultMetrics, Registry } from 'prom-client';
import {
  makeTelemetryFilterString,
  DefaultLogger,
  MetricsBuffer,
  Runtime,
} from '@temporalio/worker';
import { openEndpoints } from '../client/endpoints.ts';
import { idleOnWorker } from '../client/flux-flags.ts';
import { openService } from '../client/service-settings.ts';
import { countApiRequests } from '../client/telemetry/api-requests.ts';
import { openTracing } from '../client/telemetry/tracing.ts';
import { workflowCode } from './bundle.ts';
import { createWorker } from './create-worker.ts';
import { WorkerSettings } from './settings.ts';
import { createDurations } from './telemetry/reconciles.ts';
import { createActivityTracing, createPassTracing } from './telemetry/span-tracing.ts';
import { createStageMeter } from './telemetry/stages.ts';
import { serveTemporalMetrics } from './telemetry/temporal-metrics.ts';

const { settings, log } = openService(WorkerSettings, idleOnWorker);

const buffer = new MetricsBuffer({ maxBufferSize: 100_000, useSecondsForDurations: true });
Runtime.install({
  logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
    log[level === 'ERROR' ? 'error' : 'warn'](message, { ...meta });
  }),
  telemetryOptions: {
    logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    metrics: { buffer },
  },
});

const registry = new Registry();
collectDefaultMetrics({ register: registry });
countApiRequests(registry);
const endTemporalMetrics = serveTemporalMetrics(buffer, registry);
let running = true;
const durations = createDurations(registry);
const tracing = openTracing('sluice-worker', process.env);
const meter = createStageMeter(registry, settings.SLUICE_CONCURRENT);
const assembled = await createWorker(
  settings,
  await workflowCode({ tracing: tracing !== undefined }),
  { log, durations },
  {
    activities: tracing ? [meter, createActivityTracing(tracing)] : [meter],
    sinks: tracing && createPassTracing(tracing),
  },
);
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
endTemporalMetrics();
await assembled.close();
await tracing?.close();
