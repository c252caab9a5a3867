import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { Gauge, Histogram, type Registry } from 'prom-client';

/**
 * Measures every attempt of an activity by its stage, the kind of its object and how it ended, and what runs now. What controller-runtime
 * calls a worker is an activity that runs here.
 */
export function createStageMeter(registry: Registry, slots: number): ActivityInterceptorsFactory {
  const running = new Map<symbol, Running>();
  const durations = createHistogram(registry);
  createGauges(registry, running, slots);
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const id = Symbol(info.activityId);
        const begun = Date.now();
        const { activityType: stage } = info;
        const kind = kindOf(info.workflowExecution?.workflowId);
        running.set(id, { kind, begun });
        const tell = (outcome: StageOutcome): void => {
          durations.observe({ stage, kind, outcome }, (Date.now() - begun) / 1000);
        };
        try {
          const result = await next(input);
          tell('success');
          return result;
        } catch (error) {
          tell(error instanceof CancelledFailure ? 'canceled' : failureOf(error));
          throw error;
        } finally {
          running.delete(id);
        }
      },
    },
  });
}

/** How an attempt ended; a failure that is tried again by the stage's retries is not told to anybody else. */
type StageOutcome = 'success' | 'failed' | 'retried' | 'canceled';

interface Running {
  readonly kind: string;
  readonly begun: number;
}

function failureOf(error: unknown): StageOutcome {
  return error instanceof ApplicationFailure && error.nonRetryable ? 'failed' : 'retried';
}

/** Kind in lower case, from a workflow id that ends in `kind/namespace/name`. */
function kindOf(workflowId = ''): string {
  return workflowId.split('/').at(-3) ?? 'unknown';
}

function createHistogram(registry: Registry): Histogram<'stage' | 'kind' | 'outcome'> {
  return new Histogram({
    name: 'sluice_stage_duration_seconds',
    help: 'How long the attempts of a stage take, by outcome.',
    labelNames: ['stage', 'kind', 'outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
    registers: [registry],
  });
}

function createGauges(
  registry: Registry,
  running: ReadonlyMap<symbol, Running>,
  slots: number,
): void {
  const seen = new Set<string>();
  const define = (
    name: string,
    help: string,
    label: 'controller' | 'name',
    valueOf: (kind: string) => number,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        for (const { kind } of running.values()) seen.add(kind);
        for (const kind of seen) this.set({ [label]: kind }, valueOf(kind));
      },
    });
  };
  const of = (kind: string): Running[] => [...running.values()].filter((row) => row.kind === kind);
  define(
    'controller_runtime_active_workers',
    'Activities that run now, by the kind of their object.',
    'controller',
    (kind) => of(kind).length,
  );
  define(
    'controller_runtime_max_concurrent_reconciles',
    'Activities that may run at a time, of all kinds together.',
    'controller',
    () => slots,
  );
  define(
    'workqueue_longest_running_processor_seconds',
    'How long the activity that has run longest runs already.',
    'name',
    (kind) => Math.max(0, ...of(kind).map(({ begun }) => (Date.now() - begun) / 1000)),
  );
}
