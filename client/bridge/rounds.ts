import { setTimeout as sleep } from 'node:timers/promises';
import { workflowTypes } from '../../workflows/messages.ts';
import { isBehind, nameOf, type Sight } from './state.ts';
import type { Waker } from './waker.ts';

/** What the rounds look at. */
export interface Rounds {
  readonly sights: ReadonlyMap<string, Sight>;
  /** The kinds that have been listed: of others nothing is known. */
  readonly listed: ReadonlySet<string>;
  readonly waker: Pick<Waker, 'heal'>;
  readonly namespace: string | undefined;
  readonly everyMs?: number;
}

/**
 * Goes round once a minute until the signal aborts: starts the workflows that are missing, and signals those whose object is behind and has
 * not changed since the round before. Nothing else would, where Temporal lost its database, or got an older one back, while the watches of
 * the cluster went on.
 */
export async function goRounds(rounds: Rounds, signal: AbortSignal): Promise<void> {
  const { sights, listed, waker, namespace, everyMs = 60_000 } = rounds;
  let before = new Map<string, Sight>();
  for (;;) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const stands = (sight: Sight): boolean => before.get(nameOf(sight)) === sight;
    const behind = (sight: Sight): boolean =>
      stands(sight) && !sight.suspended && isBehind(sight, revisionOf(sights, sight));
    for (const kind of Object.keys(workflowTypes).filter((each) => listed.has(each))) {
      const present = [...sights.values()].filter((sight) => sight.kind === kind);
      await waker.heal(kind, { present, behind, namespace });
    }
    before = new Map(sights);
  }
}

function revisionOf(sights: ReadonlyMap<string, Sight>, { source }: Sight): string | undefined {
  return sights.get(source)?.artifactRevision;
}
