import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { z } from 'zod';

/** One run of a workflow, as its history tells. Times are milliseconds of the epoch on the server's clock. */
export interface Run {
  readonly runId: string;
  readonly begun: number;
  /** Events of the history, and their size as the server sends them. */
  readonly events: number;
  readonly bytes: number;
  /** When it continued as new; nothing while it runs, or where it ended otherwise. */
  readonly continued: number | undefined;
  readonly timers: readonly Timer[];
  /** When activities of each name were scheduled; local ones, when their end was recorded. */
  readonly activities: Readonly<Record<string, readonly number[]>>;
  /** Signals, and updates that were accepted. */
  readonly signals: number;
  readonly updates: number;
  /** Workflow tasks that failed, but for those that had to begin again because a message came as the run was to end. */
  readonly failedTasks: number;
  readonly collisions: number;
}

/** A timer and what became of it. */
export interface Timer {
  readonly begun: number;
  readonly delayMs: number;
  readonly fired: number | undefined;
}

/** All runs of a workflow, the first one first: each names its successor, so none can be missed. */
export async function runsOf(client: Client, workflowId: string): Promise<Run[]> {
  const eventsOf = async (runId?: string): Promise<Event[]> => {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    return events ?? [];
  };
  const [started] = await eventsOf();
  let runId = started?.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
  const runs: Run[] = [];
  while (runId) {
    const events = await eventsOf(runId);
    runs.push(runOf(runId, events));
    runId = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return runs;
}

type Event = proto.temporal.api.history.v1.IHistoryEvent;

function runOf(runId: string, events: readonly Event[]): Run {
  const last = events.at(-1);
  const failures = events.flatMap(({ workflowTaskFailedEventAttributes: failure }) =>
    failure ? [failure.cause] : [],
  );
  const tally = (is: (event: Event) => unknown): number => events.filter((one) => is(one)).length;
  return {
    runId,
    begun: timeOf(events[0]),
    events: events.length,
    bytes: events.reduce((sum, event) => sum + JSON.stringify(event).length, 0),
    continued: last?.workflowExecutionContinuedAsNewEventAttributes ? timeOf(last) : undefined,
    timers: timersOf(events),
    activities: activitiesOf(events),
    signals: tally((event) => event.workflowExecutionSignaledEventAttributes),
    updates: tally((event) => event.workflowExecutionUpdateAcceptedEventAttributes),
    failedTasks: failures.filter((cause) => cause !== collision).length,
    collisions: failures.filter((cause) => cause === collision).length,
  };
}

const collision =
  proto.temporal.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

function timersOf(events: readonly Event[]): Timer[] {
  const fired = new Map(
    events.map((event) => [
      event.timerFiredEventAttributes?.startedEventId?.toString(),
      timeOf(event),
    ]),
  );
  return events.flatMap((event) => {
    const { startToFireTimeout: delay } = event.timerStartedEventAttributes ?? {};
    if (!delay) return [];
    return [
      { begun: timeOf(event), delayMs: tsToMs(delay), fired: fired.get(event.eventId?.toString()) },
    ];
  });
}

function activitiesOf(events: readonly Event[]): Record<string, number[]> {
  const found: Record<string, number[]> = {};
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes?.activityType?.name;
    const name = scheduled ?? localActivityOf(event);
    if (name) (found[name] ??= []).push(timeOf(event));
  }
  return found;
}

const LocalActivity = z.object({ activity_type: z.string() });

/** The SDK's core leaves a marker of each local activity that has ended. */
function localActivityOf({ markerRecordedEventAttributes: marker }: Event): string | undefined {
  if (marker?.markerName !== 'core_local_activity') return undefined;
  const [data] = marker.details?.['data']?.payloads ?? [];
  return LocalActivity.parse(defaultPayloadConverter.fromPayload(data ?? {})).activity_type;
}

function timeOf(event: Event | undefined): number {
  return tsToMs(event?.eventTime);
}
