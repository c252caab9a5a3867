import { record } from '../../activities/cluster/untyped.ts';
import type { Row } from '../../test/support/cluster.ts';

/** What a ConfigMap of a race holds. */
export function keyOf(row: Row | undefined): unknown {
  return record(row?.['data'])['key'];
}

/** Which commit the last finished pass of a Kustomization was at, ready or not; undefined while one runs, and where its health checks were called off, which tells nothing of the commit. */
export function settledCommit(row: Row | undefined): string | undefined {
  const conditions = row?.status.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  const reconciling = conditions.find(({ type }) => type === 'Reconciling');
  if (ready === undefined || ready.status === 'Unknown') return undefined;
  if (ready.reason === 'HealthCheckCanceled') return undefined;
  // After a failure it stays, with the reason that tells of the retry to come.
  if (reconciling?.reason === 'Progressing') return undefined;
  return row?.status.lastAttemptedRevision?.split(':').at(-1);
}
