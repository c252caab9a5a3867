import { Client, Connection } from '@temporalio/client';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { createGauges } from '../../client/bridge/gauges.ts';
import { createQueueGauges } from '../../client/bridge/queue-gauges.ts';
import { createRequestMetrics } from '../../client/receiver/metrics.ts';
import { countApiRequests } from '../../client/telemetry/api-requests.ts';
import { createSignalCounter } from '../../client/telemetry/signal-counter.ts';
import { taskQueue } from '../../workflows/messages.ts';
import { createDurations } from '../../worker/telemetry/reconciles.ts';
import { createStageMeter } from '../../worker/telemetry/stages.ts';
import { code, codes, page, table, type Page } from './markdown.ts';

/** The metrics of worker and bridge, as their registries have them. */
export function metricsPage(): Page {
  return page('metrics.md', 'Metrics', [
    "Served at `/metrics` of `--metrics-addr`. Beside these, both services export the metrics of their Node process (`process_…`, `nodejs_…`), and the worker those of Temporal's SDK (`temporal_…`).",
    '## Worker',
    metricsOf((registry) => {
      countApiRequests(registry);
      createDurations(registry);
      createStageMeter(registry, 1);
    }),
    '## Bridge',
    metricsOf((registry) => {
      countApiRequests(registry);
      createGauges(registry);
      createSignalCounter(registry);
      // Nothing is asked of it before somebody reads the metrics.
      createQueueGauges(registry, new Client({ connection: Connection.lazy() }), taskQueue);
      createRequestMetrics(registry);
    }),
  ]);
}

function metricsOf(register: (registry: Registry) => void): string {
  const registry = new Registry();
  register(registry);
  const rows = registry
    .getMetricsAsArray()
    .map((metric) => Metric.parse(metric))
    .map(({ name, help, labelNames }) => [code(name), codes(labelNames), help]);
  return table(['metric', 'labels', 'meaning'], rows);
}

const Metric = z.object({
  name: z.string(),
  help: z.string(),
  labelNames: z.array(z.string()),
});
