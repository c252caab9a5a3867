import type { Client } from '@temporalio/client';
import { workflowId } from '../../../workflows/messages.ts';
import type { PlannedFault } from './names.ts';
import { injectionOf, type Scene } from './table.ts';

/** A fault as it was done. */
export interface FaultRecord {
  readonly name: string;
  /** The stages that objects of the run were in; idle where none was in any, unknown where Temporal did not tell. */
  readonly stages: readonly string[];
  /** Another run was breaking the same, or this machine can not do it. */
  readonly skipped?: true;
}

/** What the faults of a run need. */
export interface FaultSite extends Scene {
  /** What is being broken now, over all runs. */
  readonly busy: Set<string>;
  /** The stages in which objects of the run are now. */
  readonly stages: () => Promise<readonly string[]>;
}

/** Does the faults of a run at their moments; returns when the last has ended and all works again. */
export async function runFaults(
  site: FaultSite,
  faults: readonly PlannedFault[],
): Promise<FaultRecord[]> {
  return Promise.all(
    faults.map(async (fault) => {
      await pause(fault.atMs);
      const stages = await reached(site, fault.aim);
      return act(site, fault, stages);
    }),
  );
}

async function act(
  { busy, ...scene }: FaultSite,
  fault: PlannedFault,
  stages: readonly string[],
): Promise<FaultRecord> {
  const { name, lastsMs } = fault;
  const injection = injectionOf(scene, fault);
  const { locks } = injection;
  const isImpossible = name === 'disk-full' && !scene.installation.hasDisks;
  if (isImpossible || !(await take(busy, locks))) return { name, stages, skipped: true };
  try {
    const end = await injection.begin();
    await pause(lastsMs);
    await end();
    return { name, stages };
  } finally {
    for (const lock of locks) busy.delete(lock);
  }
}

/** Waits some seconds for whoever else breaks the same; false where that takes too long. */
async function take(busy: Set<string>, locks: readonly string[]): Promise<boolean> {
  const deadline = Date.now() + 10_000;
  while (locks.some((lock) => busy.has(lock))) {
    if (Date.now() > deadline) return false;
    await pause(100);
  }
  for (const lock of locks) busy.add(lock);
  return true;
}

/** Waits some seconds for a stage, should the fault be aimed at one. */
async function reached(
  { stages }: FaultSite,
  aim: PlannedFault['aim'],
): Promise<readonly string[]> {
  for (const deadline = Date.now() + 10_000; aim && Date.now() < deadline;) {
    const now = await stages();
    if (now.includes(aim)) return now;
    await pause(20);
  }
  return stages();
}

/** The stages of workflows by what Temporal holds of their activities. */
export async function stagesOf(
  client: Client,
  namespace: string,
  objects: readonly (readonly [kind: string, name: string])[],
): Promise<readonly string[]> {
  const found = new Set<string>();
  const asked = objects.map(async ([kind, name]) => {
    const handle = client.workflow.getHandle(workflowId(kind, { namespace, name }));
    const { raw } = await client.withDeadline(Date.now() + 3000, () => handle.describe());
    for (const { activityType } of raw.pendingActivities ?? []) {
      if (activityType?.name) found.add(activityType.name);
    }
  });
  const ends = await Promise.allSettled(asked);
  if (found.size > 0) return [...found].sort();
  const isUnknown = ends.every((end) => end.status === 'rejected');
  return [isUnknown ? 'unknown' : 'idle'];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
