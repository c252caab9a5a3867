import type { Lane } from './lane.ts';
import { nameOf, touchedBy, type Sight } from './state.ts';

/** Who follows a source that has a new artifact. */
export interface Following {
  readonly sights: ReadonlyMap<string, Sight>;
  /** For those whose path the artifact did not touch. */
  readonly lane: Lane;
  readonly source: Sight;
  readonly followers: readonly Sight[];
}

/**
 * Wakes those whose path the artifact touched, and what they depend on, at once; all others after them and a few at a time, since most only
 * note the revision.
 */
export function wakeFollowers(
  { sights, lane, source, followers }: Following,
  wake: (sight: Sight) => void,
): void {
  const touched = touchedBy(source, followers);
  const first = withDependencies(sights, touched ?? followers);
  if (touched) lane.hold(first);
  for (const sight of followers) {
    // Resuming it makes it look.
    if (sight.suspended) continue;
    const name = nameOf(sight);
    if (first.has(name)) wake(sight);
    else {
      lane.put(name, () => {
        wake(sight);
      });
    }
  }
}

function withDependencies(
  sights: ReadonlyMap<string, Sight>,
  of: readonly Sight[],
): ReadonlySet<string> {
  const names = new Set<string>();
  const pending = [...of];
  for (let sight = pending.pop(); sight; sight = pending.pop()) {
    if (names.has(nameOf(sight))) continue;
    names.add(nameOf(sight));
    for (const key of sight.dependencies) {
      const dependency = sights.get(`Kustomization/${key}`);
      if (dependency) pending.push(dependency);
    }
  }
  return names;
}
