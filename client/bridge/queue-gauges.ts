import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Gauge, type Registry } from 'prom-client';

/** Measures the task queue of this shard at Temporal: what waits in it, for how long, and who polls it. Asked for when metrics are read, for two seconds at most. */
export function createQueueGauges(registry: Registry, client: Client, taskQueue: string): void {
  const look = shared(async () =>
    Promise.all(taskTypes.map(({ type }) => describe(client, taskQueue, type))).catch(
      () => undefined,
    ),
  );
  const define = (name: string, help: string, valueOf: (state: QueueState) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['task_queue', 'task_type'],
      registers: [registry],
      async collect() {
        const states = await look();
        this.reset();
        for (const [index, state] of (states ?? []).entries()) {
          const task_type = taskTypes[index]?.name ?? '';
          this.set({ task_queue: taskQueue, task_type }, valueOf(state));
        }
      },
    });
  };
  define('sluice_task_queue_pollers', 'Workers that poll the queue.', ({ pollers }) => pollers);
  define('sluice_task_queue_backlog', 'Tasks that wait in the queue.', ({ backlog }) => backlog);
  define(
    'sluice_task_queue_backlog_age_seconds',
    'How long the oldest task of the queue waits.',
    ({ ageSeconds }) => ageSeconds,
  );
  new Gauge({
    name: 'sluice_temporal_up',
    help: 'Whether Temporal told of the queue.',
    registers: [registry],
    async collect() {
      this.set((await look()) ? 1 : 0);
    },
  });
}

/** Gauges are read side by side, and one answer serves all of them. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask().finally(() => {
      asked = undefined;
    });
    return asked;
  };
}

const { TaskQueueType } = proto.temporal.api.enums.v1;
const taskTypes = [
  { name: 'workflow', type: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW },
  { name: 'activity', type: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY },
] as const;

const timeoutMs = 2000;

interface QueueState {
  readonly pollers: number;
  readonly backlog: number;
  readonly ageSeconds: number;
}

async function describe(
  client: Client,
  name: string,
  taskQueueType: (typeof taskTypes)[number]['type'],
): Promise<QueueState> {
  const { namespace } = client.options;
  const answer = await client.withDeadline(Date.now() + timeoutMs, () =>
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType,
      reportStats: true,
    }),
  );
  const { pollers, stats } = answer;
  const oldest = stats?.approximateBacklogAge;
  return {
    pollers: pollers.length,
    backlog: Number(stats?.approximateBacklogCount ?? 0),
    ageSeconds: Number(oldest?.seconds ?? 0) + (oldest?.nanos ?? 0) / 1e9,
  };
}
