import type { BufferedMetricUpdate, MetricsBuffer } from '@temporalio/worker';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/**
 * Serves what Temporal's SDK measures of this worker (pollers, slots, sticky cache, latencies, requests) from the registry, under the names
 * that its own Prometheus endpoint would give: counters end in _total, times are seconds. Returns what ends it.
 */
export function serveTemporalMetrics(buffer: MetricsBuffer, registry: Registry): () => void {
  const meters = new Map<string, Meter>();
  const drain = (): void => {
    for (const update of buffer.retrieveUpdates()) {
      const { name } = update.metric;
      let meter = meters.get(name);
      if (!meter) meters.set(name, (meter = meterOf(update, registry)));
      meter(labelsOf(update), update.value);
    }
  };
  const timer = setInterval(drain, drainMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** Often enough that the buffer never fills, and seldom enough to cost nothing. */
const drainMs = 1000;

type Meter = (labels: Record<string, string>, value: number) => void;

/** What is told apart; other attributes are added up. */
const labelNames = [
  'namespace',
  'task_queue',
  'workflow_type',
  'activity_type',
  'poller_type',
  'worker_type',
  'operation',
  'status_code',
  'failure_reason',
] as const;

function meterOf({ metric }: BufferedMetricUpdate, registry: Registry): Meter {
  const { name, kind, unit, description = '' } = metric;
  const registers = [registry];
  const help = description === '' ? `${name} of Temporal's SDK` : description;
  const common = { help, labelNames: [...labelNames], registers };
  if (kind === 'counter') {
    const counter = new Counter({ ...common, name: withSuffix(name, '_total') });
    return (labels, value) => {
      counter.inc(labels, value);
    };
  }
  if (kind === 'histogram') {
    const isTime = unit === 's' || unit === 'duration' || name.endsWith('_latency');
    const buckets = isTime ? seconds : amounts;
    const full = isTime ? withSuffix(name, '_seconds') : name;
    const histogram = new Histogram({ ...common, name: full, buckets });
    return (labels, value) => {
      histogram.observe(labels, value);
    };
  }
  const gauge = new Gauge({ ...common, name });
  return (labels, value) => {
    if (kind === 'gauge') gauge.set(labels, value);
    else gauge.inc(labels, value);
  };
}

const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const amounts = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

function withSuffix(name: string, suffix: string): string {
  return name.endsWith(suffix) ? name : `${name}${suffix}`;
}

function labelsOf({ attributes }: BufferedMetricUpdate): Record<string, string> {
  const known = labelNames.flatMap((name) => {
    const value = attributes[name];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return Object.fromEntries(known);
}
