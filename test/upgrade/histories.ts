import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../../worker/bundle.ts';

/** What the histories of a Temporal namespace tell. */
export interface Verdict {
  readonly runs: number;
  readonly events: number;
  /** Workflow tasks that ended well, by the build id of their worker; `none` without versions. */
  readonly tasks: Readonly<Record<string, number>>;
  /** Workflow tasks that failed, by the cause. A message that comes as a run is to continue as new is none. */
  readonly failures: Readonly<Record<string, number>>;
  /** Workflows whose task has failed and has not been done since. */
  readonly stuck: readonly string[];
  /** Histories that the code of today does not replay, with the reason. */
  readonly unreplayable: readonly string[];
}

/** Reads all histories and replays each with the workflows of this checkout. */
export async function judgeHistories(client: Client): Promise<Verdict> {
  const verdict = { runs: 0, events: 0, tasks: {}, failures: {}, stuck: [] as string[] };
  for await (const { workflowId, runId } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { events = [] } = await handle.fetchHistory();
    verdict.runs++;
    verdict.events += events?.length ?? 0;
    for (const event of events ?? []) countTask(verdict, event);
    const { raw } = await handle.describe();
    const attempt = raw.pendingWorkflowTask?.attempt ?? 0;
    if (attempt > 1) verdict.stuck.push(`${workflowId} at attempt ${attempt}`);
  }
  return { ...verdict, unreplayable: await replayAll(client) };
}

type Counts = Record<string, number>;

function countTask(
  { tasks, failures }: { readonly tasks: Counts; readonly failures: Counts },
  {
    workflowTaskCompletedEventAttributes: done,
    workflowTaskFailedEventAttributes: failed,
  }: proto.temporal.api.history.v1.IHistoryEvent,
): void {
  if (done) add(tasks, done.deploymentVersion?.buildId ?? 'none');
  if (failed && failed.cause !== collision) {
    add(failures, `cause ${failed.cause ?? 0}: ${failed.failure?.message ?? ''}`);
  }
}

const collision =
  proto.temporal.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

async function replayAll(client: Client): Promise<string[]> {
  const histories = client.workflow.list().intoHistories();
  const replayed = Worker.runReplayHistories(
    { workflowBundle: await bundleWorkflows() },
    histories,
  );
  const refused: string[] = [];
  for await (const { workflowId, runId, error } of replayed) {
    if (error) refused.push(`${workflowId} ${runId}: ${error.message}`);
  }
  return refused;
}

function add(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
