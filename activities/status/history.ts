import type { Kustomization } from '../../api/index.ts';
import type { Outcome } from '../contract.ts';

type History = NonNullable<NonNullable<Kustomization['status']>['history']>;

/**
 * The history with an outcome in it: at most five entries, newest first, one for each pair of rendered digest and result. A pass that
 * rendered nothing, or that news ended, leaves no entry.
 */
export function recordHistory(
  history: History,
  outcome: Outcome,
  now: string,
): { history?: History } {
  const { renderDigest: digest, reason, revision, originRevision } = outcome;
  if (!digest || !recorded.has(reason)) return {};
  const same = history.find(
    (entry) => entry.digest === digest && entry.lastReconciledStatus === reason,
  );
  const others = history.filter((entry) => entry !== same);
  const entry: History[number] = {
    digest,
    firstReconciled: same?.firstReconciled ?? now,
    lastReconciled: now,
    lastReconciledDuration: `${outcome.durationMs}ms`,
    lastReconciledStatus: reason,
    totalReconciliations: (same?.totalReconciliations ?? 0) + 1,
    ...(revision ? { metadata: { revision, ...(originRevision ? { originRevision } : {}) } } : {}),
  };
  return { history: [entry, ...others].slice(0, maxEntries) };
}

const maxEntries = 5;
const recorded = new Set([
  'ReconciliationSucceeded',
  'ReconciliationFailed',
  'PruneFailed',
  'HealthCheckFailed',
  'DeletionBudgetExceeded',
]);
