import type { WorkflowExecutionInfo } from '@temporalio/client';
import { text } from '../../activities/cluster/untyped.ts';
import { formatTime } from '../../api/index.ts';
import { attributes } from '../../workflows/messages.ts';
import { runUrl, type Targets } from './connections.ts';
import type { ObjectChange } from './run-changes.ts';

/** One sync as its run in Temporal tells it; absent is what a run that still goes on does not know. */
export interface Sync {
  readonly when: string;
  readonly endedAt?: string;
  readonly runId: string;
  readonly revision: string;
  readonly trigger: string;
  /** What brought it about, in words: who asked, or what was new. */
  readonly why: string;
  readonly changes: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly durationMs?: number;
  /** applied, failed, canceled, …; the phase of a sync that still goes on. */
  readonly outcome: string;
  readonly reason: string;
  readonly message: string;
  /** The stage that failed. */
  readonly stage?: string;
  /** What it did to the object that was asked for. */
  readonly object?: ObjectChange;
  readonly url: string;
}

/** Reads a sync from what visibility tells of its run. */
export function syncOf(run: WorkflowExecutionInfo, targets: Targets): Sync {
  const memo = run.memo ?? {};
  const keyword = (name: 'revision' | 'trigger' | 'reason' | 'phase'): string =>
    run.typedSearchAttributes.get(attributes[name]) ?? '';
  const { durationMs } = memo;
  const endedAt = text(memo['endedAt']);
  const stage = text(memo['stage']);
  return {
    when: formatTime(run.startTime),
    ...(endedAt ? { endedAt } : {}),
    runId: run.runId,
    revision: keyword('revision'),
    trigger: keyword('trigger'),
    why: text(memo['why']),
    changes: text(memo['changes']),
    counts: countsOf(memo),
    ...(typeof durationMs === 'number' ? { durationMs } : {}),
    outcome: text(memo['outcome']) || keyword('phase'),
    reason: keyword('reason'),
    message: text(memo['message']),
    ...(stage ? { stage } : {}),
    url: runUrl(targets, run.workflowId, run.runId),
  };
}

function countsOf(memo: Record<string, unknown>): Record<string, number> {
  const found = countNames.map((name) => [name, memo[name]] as const);
  return Object.fromEntries(
    found.flatMap(([name, count]) => (typeof count === 'number' ? [[name, count]] : [])),
  );
}

const countNames = ['created', 'configured', 'unchanged', 'skipped', 'deleted', 'kept'];
