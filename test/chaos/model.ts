import type { Content, Directory } from './content.ts';
import type { Scenario, Step } from './scenario.ts';

/** What the repositories hold, as far as their commits have been made. */
export interface Model {
  /** Takes in a commit that has got a revision. */
  committed(step: Commit, revision: string): void;
  /** The directory of a Kustomization at a revision; nothing for a revision that no commit made. */
  directory(member: string, revision: string): Directory | undefined;
  /** The newest revision of the source of a Kustomization; empty before the first commit. */
  newest(member: string): string;
  /** The revisions in which the directory of a Kustomization holds a serial, by `<member>/<serial>`. */
  holding(): ReadonlyMap<string, ReadonlySet<string>>;
}

/** A step that commits. */
export type Commit = Extract<Step, { do: 'commit' }>;

/** A model of the repositories of a scenario before the first commit. */
export function openModel({ members }: Pick<Scenario, 'members'>): Model {
  const sourceOf = (member: string): number =>
    members.find(({ name }) => name === member)?.source ?? -1;
  const history = new Map<string, ReadonlyMap<string, Content>>();
  const newest = new Map<number, string>();
  const directory = (member: string, revision: string): Directory | undefined => {
    const files = history.get(revision);
    if (!files) return undefined;
    const own = [...files].filter(([path]) => path.startsWith(`${member}/`));
    return Object.fromEntries(
      own.map(([path, content]) => [path.slice(member.length + 1), content]),
    );
  };
  return {
    directory,
    newest: (member) => newest.get(sourceOf(member)) ?? '',
    committed({ source, files }, revision) {
      const after = new Map(history.get(newest.get(source) ?? ''));
      for (const [path, content] of Object.entries(files)) {
        if (content === null) after.delete(path);
        else after.set(path, content);
      }
      history.set(revision, after);
      newest.set(source, revision);
    },
    holding() {
      const found = new Map<string, Set<string>>();
      const places = [...history.keys()].flatMap((revision) =>
        members.map(({ name }) => ({ name, revision })),
      );
      for (const { name, revision } of places) {
        for (const content of Object.values(directory(name, revision) ?? {})) {
          if (content === 'broken') continue;
          const key = `${name}/${content.serial}`;
          found.set(key, (found.get(key) ?? new Set()).add(revision));
        }
      }
      return found;
    },
  };
}
