import { Histogram, type Registry } from 'prom-client';
import type { Durations } from '../activities/report.ts';

/** How long passes take, under the name and the labels of Flux's controllers. */
export function createDurations(registry: Registry): Durations {
  const histogram = new Histogram({
    name: 'gotk_reconcile_duration_seconds',
    help: 'The duration of a reconciliation in seconds.',
    labelNames: ['kind', 'name', 'namespace'],
    buckets: boundaries,
    registers: [registry],
  });
  return {
    record(kind, { namespace, name }, ms) {
      histogram.observe({ kind, name, namespace }, ms / 1000);
    },
    forget(kind, { namespace, name }) {
      histogram.remove({ kind, name, namespace });
    },
  };
}

const [shortest, longest, count] = [0.01, 1800, 10];
const boundaries = Array.from(
  { length: count },
  (_, index) => shortest * (longest / shortest) ** (index / (count - 1)),
);
