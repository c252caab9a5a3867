import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../../worker/bundle.ts';
import { taskQueue } from '../../workflows/messages.ts';
import { startDevServer } from './dev-server.ts';
import { burstsOf, type Burst } from './message-plan.ts';
import { runsOf, type Run } from './runs.ts';
import { simulatedActivities } from './simulated-activities.ts';
import { createSubject, type Role, type Subject, type Tally, type Window } from './subject.ts';

/** How much is played; the seed decides all that is random of it. */
export interface Game {
  readonly seed: number;
  readonly subjects: number;
  readonly bursts: number;
}

/** What a game came to. */
export interface Score {
  readonly messages: number;
  readonly passes: number;
  /** Runs of all workflows, and workflow tasks that met a message as they were to continue as new. */
  readonly runs: number;
  readonly collisions: number;
  /** Ends of passes that were told again, because the task that told them was one of those. */
  readonly repeats: number;
  /** What was lost, counted twice or answered too early, in words. */
  readonly faults: readonly string[];
}

/** Sends random messages to workflows around the moments at which they continue as new, on a real server. */
export async function playMessages({ seed, subjects: count, bursts }: Game): Promise<Score> {
  const server = await startDevServer();
  try {
    const subjects = new Map(
      Array.from({ length: count }, (_, at) => {
        const name = `subject-${at}`;
        return [name, createSubject({ namespace: 'messages', name }, roleOf(at))];
      }),
    );
    const connection = await NativeConnection.connect({ address: server.address });
    const worker = await Worker.create({
      connection,
      taskQueue,
      workflowBundle: await bundleWorkflows(),
      activities: simulatedActivities(({ name }) => subjects.get(name)?.behaviour ?? {}),
      maxConcurrentWorkflowTaskExecutions: 20,
    });
    const all = [...subjects.values()];
    const played = await worker.runUntil(() =>
      Promise.all(
        all.map((subject, at) =>
          playAll(subject, server.client, burstsOf(seed * 1000 + at, bursts)),
        ),
      ),
    );
    await connection.close();
    return await scoreOf(played, server.client);
  } finally {
    await server.stop();
  }
}

/** Passes of all stages take the most time, so they are few. */
function roleOf(at: number): Role {
  if (at % 4 === 0) return 'source';
  return at % 8 === 1 ? 'whole' : 'blocked';
}

interface Played {
  readonly subject: Subject;
  readonly windows: readonly Window[];
  readonly faults: readonly string[];
}

async function playAll(
  subject: Subject,
  client: Client,
  bursts: readonly Burst[],
): Promise<Played> {
  await subject.begin(client);
  const windows: Window[] = [];
  const faults: string[] = [];
  for (const burst of bursts) {
    const played = await subject.play(client, burst);
    windows.push(played.window);
    faults.push(...played.faults);
  }
  return { subject, windows, faults };
}

async function scoreOf(played: readonly Played[], client: Client): Promise<Score> {
  const total = { messages: 0, passes: 0, runs: 0, collisions: 0, repeats: 0 };
  const faults: string[] = [];
  for (const one of played) {
    const { workflowId: id, role, tally } = one.subject;
    const runs = await runsOf(client, id);
    const name = role === 'source' ? 'fetchSource' : 'conclude';
    const passes = runs.flatMap(({ activities }) => activities[name] ?? []);
    faults.push(...one.faults, ...wrongCounts(id, one.windows, passes), ...lost(id, tally, runs));
    total.messages += tally.signals + tally.updates;
    total.passes += passes.length;
    total.runs += runs.length;
    total.repeats += tally.ends - passes.length;
    total.collisions += runs.reduce((sum, { collisions }) => sum + collisions, 0);
  }
  return { ...total, faults };
}

/** A burst is answered by one pass at least, and by no more than it has messages. */
function wrongCounts(id: string, windows: readonly Window[], passes: readonly number[]): string[] {
  return windows.flatMap(({ from, to, messages }) => {
    const count = passes.filter((at) => at >= from && at <= to).length;
    if (count >= 1 && count <= messages) return [];
    return [`${id}: ${count} passes answered ${messages} messages`];
  });
}

function lost(id: string, tally: Tally, runs: readonly Run[]): string[] {
  const faults: string[] = [];
  const sum = (of: (run: Run) => number): number => runs.reduce((all, run) => all + of(run), 0);
  for (const kind of ['signals', 'updates'] as const) {
    const stored = sum((run) => run[kind]);
    if (stored !== tally[kind]) {
      faults.push(`${id}: ${tally[kind]} ${kind} were sent, the histories hold ${stored}`);
    }
  }
  const failed = sum(({ failedTasks }) => failedTasks);
  return failed === 0 ? faults : [...faults, `${id}: ${failed} workflow tasks failed`];
}
