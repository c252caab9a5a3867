import type { WorkflowClientInterceptor } from '@temporalio/client';
import { Counter, type Registry } from 'prom-client';
import type { Wake } from '../../workflows/messages.ts';

/** Counts the signals of a bridge by the workflow type and by what brought them about, and those that Temporal did not take. */
export function createSignalCounter(registry: Registry): WorkflowClientInterceptor {
  const labelNames = ['workflow_type', 'trigger'] as const;
  const define = (name: string, help: string): Counter<(typeof labelNames)[number]> =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const sent = define('sluice_signals_total', 'Signals to workflows, by their trigger.');
  const failed = define('sluice_signal_failures_total', 'Signals that Temporal did not take.');
  const count = async <T>(
    workflow_type: string,
    args: readonly unknown[] = [],
    send: () => Promise<T>,
  ): Promise<T> => {
    const labels = { workflow_type, trigger: triggerOf(args) };
    failed.inc(labels, 0);
    try {
      const answer = await send();
      sent.inc(labels);
      return answer;
    } catch (error) {
      failed.inc(labels);
      throw error;
    }
  };
  return {
    signalWithStart: (input, next) =>
      count(input.workflowType, input.signalArgs, () => next(input)),
    // The type of a workflow that runs already is the first part of its id.
    signal: (input, next) =>
      count(input.workflowExecution.workflowId.split('/').at(-3) ?? '', input.args, () =>
        next(input),
      ),
  };
}

function triggerOf([wake]: readonly unknown[]): string {
  return (wake as Wake | undefined)?.trigger ?? 'request';
}
