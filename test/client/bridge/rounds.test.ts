import { afterEach, expect, test } from 'vitest';
import { goRounds } from '../../../client/bridge/rounds.ts';
import { nameOf, sightOf, type Sight } from '../../../client/bridge/state.ts';
import type { Found } from '../../../client/bridge/waker.ts';

const stop = new AbortController();
afterEach(() => {
  stop.abort();
});

function sight(kind: string, name: string, fields: object = {}): Sight {
  const metadata = { namespace: 'apps', name, uid: name, generation: 1 };
  return sightOf(kind, { apiVersion: 'v1', kind, metadata, ...fields });
}

test('each round starts what is missing, and signals what stayed behind since the round before', async () => {
  const status = { observedGeneration: 1, lastAttemptedRevision: 'r1' };
  const spec = { sourceRef: { kind: 'GitRepository', name: 'repo' } };
  const artifact = { revision: 'r2', digest: 'sha256:0' };
  const all = [
    sight('GitRepository', 'repo', { status: { observedGeneration: 1, artifact } }),
    sight('Kustomization', 'moving', { spec, status }),
    sight('Kustomization', 'stuck', { spec, status }),
    sight('Kustomization', 'paused', { spec: { ...spec, suspend: true }, status }),
    sight('Kustomization', 'good', { spec, status: { ...status, lastAttemptedRevision: 'r2' } }),
  ];
  const sights = new Map(all.map((one) => [nameOf(one), one]));
  const seen: { kind: string; present: string[]; behind: string[] }[] = [];
  const heal = (kind: string, { present, behind }: Found): Promise<void> => {
    const names = (found: readonly Sight[]): string[] => found.map(({ key }) => key.name);
    seen.push({ kind, present: names(present), behind: names(present.filter(behind)) });
    const moved = sight('Kustomization', 'moving', { spec, status });
    sights.set(nameOf(moved), moved);
    return Promise.resolve();
  };
  const listed = new Set(['GitRepository', 'Kustomization']);
  const parts = { sights, listed, waker: { heal }, namespace: undefined, everyMs: 1 };
  const rounds = goRounds(parts, stop.signal);
  await expect.poll(() => seen.length).toBeGreaterThan(3);
  stop.abort();
  await rounds;
  const of = (kind: string): typeof seen => seen.filter((round) => round.kind === kind);
  const present = ['moving', 'stuck', 'paused', 'good'];
  expect(of('Kustomization')[0]).toMatchObject({ present, behind: [] });
  expect(of('Kustomization')[1]).toMatchObject({ present, behind: ['stuck'] });
  expect(of('GitRepository')[0]).toMatchObject({ present: ['repo'], behind: [] });
  expect(of('OCIRepository')).toEqual([]);
});
