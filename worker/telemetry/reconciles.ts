import { Counter, Histogram, type Registry } from 'prom-client';
import type { Durations, PassEnd } from '../../activities/report.ts';
import { workflowTypes } from '../../workflows/messages.ts';

/**
 * How long passes take and how they end, under the names and labels of Flux's controllers and of controller-runtime. A series of an object
 * goes with the object; where another worker saw it go, it goes when the object has not come back for twice its interval.
 */
export function createDurations(registry: Registry, now: () => number = Date.now): Durations {
  const measures = createMeasures(registry, () => {
    dropStale();
  });
  const series = new Map<string, { readonly labels: ObjectLabels; readonly until: number }>();
  const drop = (labels: ObjectLabels): void => {
    series.delete(nameOf(labels));
    measures.durations.remove(labels);
  };
  const dropStale = (): void => {
    for (const { labels, until } of series.values()) if (until < now()) drop(labels);
  };
  return {
    record(kind, { namespace, name }, ms, end = {}) {
      const controller = kind.toLowerCase();
      measures.results.inc({ controller, result: resultOf(end) });
      if (end.failed) measures.errors.inc({ controller });
      if (end.failed && end.terminal) measures.terminalErrors.inc({ controller });
      if (ms <= 0) return;
      measures.times.observe({ controller }, ms / 1000);
      const labels = { kind, name, namespace };
      measures.durations.observe(labels, ms / 1000);
      const until = now() + graceMs + 2 * (end.nextMs ?? unknownIntervalMs);
      series.set(nameOf(labels), { labels, until });
    },
    forget(kind, { namespace, name }) {
      drop({ kind, name, namespace });
    },
  };
}

interface ObjectLabels {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

interface Measures {
  readonly durations: Histogram<'kind' | 'name' | 'namespace'>;
  readonly times: Histogram<'controller'>;
  readonly results: Counter<'controller' | 'result'>;
  readonly errors: Counter<'controller'>;
  readonly terminalErrors: Counter<'controller'>;
}

/** Covers a pass that takes long, and retries that are spread. */
const graceMs = 10 * 60_000;
const unknownIntervalMs = 60 * 60_000;

function createMeasures(registry: Registry, beforeCollect: () => void): Measures {
  const registers = [registry];
  const counter = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
  ): Counter<Label> => new Counter({ name, help, labelNames, registers });
  const measures = {
    durations: new Histogram({
      name: 'gotk_reconcile_duration_seconds',
      help: 'The duration of a reconciliation in seconds.',
      labelNames: ['kind', 'name', 'namespace'],
      buckets: boundaries,
      registers,
      collect: beforeCollect,
    }),
    times: new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long reconciliations of a controller take.',
      labelNames: ['controller'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
      registers,
    }),
    results: counter('controller_runtime_reconcile_total', 'Reconciliations by their result.', [
      'controller',
      'result',
    ]),
    errors: counter('controller_runtime_reconcile_errors_total', 'Reconciliations that failed.', [
      'controller',
    ]),
    terminalErrors: counter(
      'controller_runtime_terminal_reconcile_errors_total',
      'Reconciliations that failed and are not tried again before a change.',
      ['controller'],
    ),
  };
  // A rate needs the zero before the first failure.
  for (const kind of Object.keys(workflowTypes)) {
    const controller = kind.toLowerCase();
    measures.errors.inc({ controller }, 0);
    measures.terminalErrors.inc({ controller }, 0);
    for (const result of ['success', 'error', 'requeue_after']) {
      measures.results.inc({ controller, result }, 0);
    }
  }
  return measures;
}

/** As controller-runtime has it: what comes again by its timer is no plain success. */
function resultOf({ failed, nextMs }: PassEnd): string {
  if (failed) return 'error';
  return nextMs === undefined ? 'success' : 'requeue_after';
}

function nameOf({ kind, name, namespace }: ObjectLabels): string {
  return `${kind}/${namespace}/${name}`;
}

const [shortest, longest, count] = [0.01, 1800, 10];
const boundaries = Array.from(
  { length: count },
  (_, index) => shortest * (longest / shortest) ** (index / (count - 1)),
);
