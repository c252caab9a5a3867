import { Registry } from 'prom-client';
import { z } from 'zod';
import { createGauges } from '../../client/bridge/gauges.ts';
import { createDurations } from '../../worker/durations.ts';
import { code, codes, page, table, type Page } from './markdown.ts';

/** The metrics of worker and bridge, as their registries have them. */
export function metricsPage(): Page {
  return page('metrics.md', 'Metrics', [
    'Served at `/metrics` of `--metrics-addr`. Beside these, both services export the metrics of their Node process (`process_…`, `nodejs_…`).',
    '## Worker',
    metricsOf((registry) => void createDurations(registry)),
    '## Bridge',
    metricsOf((registry) => void createGauges(registry)),
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
