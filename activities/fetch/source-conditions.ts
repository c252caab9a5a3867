import type { Condition } from '../../api/index.ts';
import { withConditions, type WantedCondition } from '../cluster/conditions.ts';
import type { SourceLook, SourceOutcome } from '../contract.ts';

/** Generation and time of what the conditions tell. */
export interface Moment {
  readonly generation: number;
  readonly now: string;
}

/** What was verified, in words. */
interface Proof {
  readonly message: string;
}

/** Why the artifact of before is not what there should be. */
export interface Outdated {
  readonly reason: 'NewRevision' | 'IncludeChange';
  readonly message: string;
}

/** The conditions while a new artifact is made. A retry leaves Ready=False and its reason to be read until it has succeeded. */
export function progressConditions(
  before: readonly Condition[],
  { why }: Pick<SourceLook, 'why'>,
  outdated: Outdated | undefined,
  at: Moment,
): Condition[] {
  const message = `fetching: ${why}`;
  const progress = { reason: 'Progressing', message };
  const wanted: WantedCondition[] = [{ type: 'Reconciling', status: 'True', ...progress }];
  const isRetry = before.some(({ type, status }) => type === 'Ready' && status === 'False');
  if (!isRetry) {
    wanted.unshift({ type: 'Ready', status: 'Unknown', ...progress });
    if (outdated) wanted.push({ type: 'ArtifactOutdated', status: 'True', ...outdated });
  }
  return withConditions(before, wanted, ['Stalled'], at);
}

/** The conditions of a source whose artifact is stored. */
export function storedConditions(
  before: readonly Condition[],
  { message, verified }: { readonly message: string; readonly verified: Proof | undefined },
  at: Moment,
): Condition[] {
  const stored = { status: 'True', reason: 'Succeeded', message } as const;
  const wanted: WantedCondition[] = [
    { type: 'Ready', ...stored },
    { type: 'ArtifactInStorage', ...stored },
  ];
  if (verified) {
    wanted.push({ type: 'SourceVerified', ...stored, message: verified.message });
  }
  const over = ['Reconciling', 'Stalled', 'ArtifactOutdated', 'SourceVerified', ...failing];
  return withConditions(before, wanted, over, at);
}

/** The conditions of a source that failed: Ready sums up what the condition of the failure tells. */
export function failedConditions(
  before: readonly Condition[],
  outcome: Pick<SourceOutcome, 'reason' | 'message' | 'terminal' | 'condition'>,
  at: Moment,
): Condition[] {
  const { reason, message, terminal } = outcome;
  const type = conditionOf(outcome);
  const isVerification = type === 'SourceVerified';
  const wanted: WantedCondition[] = [
    { type: 'Ready', status: 'False', reason, message },
    { type, status: isVerification ? 'False' : 'True', reason, message },
    terminal
      ? { type: 'Stalled', status: 'True', reason, message }
      : { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message },
  ];
  const over = ['Reconciling', 'Stalled', ...failing];
  // What could not be fetched, or is not trusted, makes nothing outdated.
  if (isVerification || type === 'FetchFailed') over.push('ArtifactOutdated');
  // Whether it can be verified shows when it has been fetched again.
  const unverified = before.find((row) => row.type === 'SourceVerified' && row.status === 'False');
  if (unverified) over.push('SourceVerified');
  return withConditions(before, wanted, over, at);
}

/** The condition that a failure sets. */
export function conditionOf({ condition }: Pick<SourceOutcome, 'condition'>): string {
  return condition ?? 'FetchFailed';
}

/** True where the conditions tell of a failure, so that what follows is a recovery. */
export function tellFailure(conditions: readonly Condition[]): boolean {
  return conditions.some(
    ({ type, status }) =>
      (type === 'Ready' && status === 'False') || (failing.includes(type) && status === 'True'),
  );
}

/** The conditions that are there only as long as something fails. */
const failing = ['FetchFailed', 'IncludeUnavailable', 'StorageOperationFailed'];
