import type { HttpGate, Trouble } from '../gates/http-gate.ts';
import type { Installation } from '../sites.ts';
import type { Injection } from './injection.ts';
import type { PlannedFault } from './names.ts';

/** Trouble on the way to the API server: of all, of the workers, or of the bridge. */
export function apiTrouble(
  { workers, bridge }: Installation,
  { variant }: PlannedFault,
  kind: Trouble,
): Injection {
  const sites = variant < 60 ? [...workers, bridge] : variant < 80 ? workers : [bridge];
  return trouble(
    sites.map(({ api }) => api),
    'api',
    kind,
  );
}

/** Trouble at some gates, which nobody else has trouble with meanwhile. */
export function trouble(
  gates: readonly HttpGate[],
  lock: string,
  kind: Trouble | Trouble['kind'],
): Injection {
  const set = (now: Trouble | undefined): Promise<void> => {
    for (const gate of gates) gate.set(now);
    return Promise.resolve();
  };
  return {
    // The Git servers are the run's own.
    locks: lock === 'git' ? [] : [`gate ${lock}`],
    async begin() {
      await set(typeof kind === 'string' ? { kind } : kind);
      return () => set(undefined);
    },
  };
}
