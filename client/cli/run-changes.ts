import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { z } from 'zod';

/** What a sync did to an object. */
export type ObjectChange = 'created' | 'configured' | 'deleted';

/** The changes that the history of a run names. */
export interface RunChanges {
  /** By name of the object, `Kind/namespace/name` in small letters. */
  readonly byObject: ReadonlyMap<string, ObjectChange>;
  /** False where the run changed more objects than it names. */
  readonly complete: boolean;
}

/** Reads from the history of a run which objects it changed. A run that Temporal has forgotten changed nothing that is known. */
export async function changesOfRun(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<RunChanges> {
  const byObject = new Map<string, ObjectChange>();
  let complete = true;
  for (const result of await stageResults(client, workflowId, runId)) {
    for (const change of ['created', 'configured', 'deleted'] as const) {
      const names = result[change];
      if (result.counts[change] > names.length) complete = false;
      for (const name of names) byObject.set(name.toLowerCase(), change);
    }
  }
  return { byObject, complete };
}

/** The parts of the results of apply, prune and finalize that name objects. */
const StageResult = z.object({
  created: z.array(z.string()).default([]),
  configured: z.array(z.string()).default([]),
  deleted: z.array(z.string()).default([]),
  counts: z.object({
    created: z.number().default(0),
    configured: z.number().default(0),
    deleted: z.number().default(0),
  }),
});

const stages = new Set(['apply', 'prune', 'finalize']);

async function stageResults(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<z.infer<typeof StageResult>[]> {
  const { events } = await client.workflow
    .getHandle(workflowId, runId)
    .fetchHistory()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return { events: [] };
      throw error;
    });
  const scheduled = new Set<string>();
  const results: z.infer<typeof StageResult>[] = [];
  for (const event of events ?? []) {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
    if (stages.has(name)) scheduled.add(String(event.eventId));
    const done = event.activityTaskCompletedEventAttributes;
    if (done && scheduled.has(String(done.scheduledEventId))) results.push(...resultOf(done));
  }
  return results;
}

function resultOf({
  result,
}: {
  readonly result?: { readonly payloads?: Payload[] | null } | null;
}): z.infer<typeof StageResult>[] {
  const [payload] = result?.payloads ?? [];
  const parsed = StageResult.safeParse(payload && defaultPayloadConverter.fromPayload(payload));
  return parsed.success ? [parsed.data] : [];
}
