import type { Activities, SourceKey, SourceKind } from '../contract.ts';

/** What the source workflow asks for, for sources of one kind. */
export type SourceActivities = Pick<
  Activities,
  'lookAtSource' | 'fetchSource' | 'concludeSource' | 'finalizeSource'
>;

/** Makes an artifact of a kind again; gives its file, or nothing where it can not be made. */
export type Rebuild = (path: string) => Promise<string | undefined>;

/** The activities for sources of every kind, each handed to those of its kind. */
export function bySourceKind(
  kinds: Readonly<Record<SourceKind, SourceActivities>>,
): SourceActivities {
  const of = ({ kind = 'GitRepository' }: SourceKey): SourceActivities => kinds[kind];
  return {
    lookAtSource: (key) => of(key).lookAtSource(key),
    fetchSource: (key, look) => of(key).fetchSource(key, look),
    concludeSource: (key, outcome) => of(key).concludeSource(key, outcome),
    finalizeSource: (key) => of(key).finalizeSource(key),
  };
}

/** Makes artifacts of every kind again, by the kind that their path begins with. */
export function rebuildByKind(kinds: Readonly<Record<SourceKind, Rebuild>>): Rebuild {
  const byPath = new Map(
    Object.entries(kinds).map(([kind, rebuild]) => [kind.toLowerCase(), rebuild]),
  );
  return async (path) => byPath.get(path.split('/', 1)[0] ?? '')?.(path);
}
