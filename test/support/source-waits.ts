import { conditionOf, type Row, type TestNamespace } from './cluster.ts';

/** What tests wait for at GitRepositories of one namespace. */
export interface SourceWaits {
  /** Until it is ready, or not, for this reason. */
  readonly untilReason: (name: string, reason: string) => Promise<Row>;
  /** Until it is ready with another artifact than the one of before. */
  readonly untilChanged: (name: string, before: Row) => Promise<Row>;
}

/** The waits for the GitRepositories of a namespace. */
export function sourceWaits(space: TestNamespace): SourceWaits {
  return {
    untilReason: (name, reason) =>
      space.until('GitRepository', name, (row) => conditionOf(row, 'Ready')?.reason === reason),
    untilChanged: (name, before) =>
      space.until('GitRepository', name, (row) => {
        const { digest } = row.status.artifact ?? {};
        const isReady = conditionOf(row, 'Ready')?.status === 'True';
        return isReady && digest !== undefined && digest !== before.status.artifact?.digest;
      }),
  };
}
