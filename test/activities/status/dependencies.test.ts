import { expect, test } from 'vitest';
import type { Kustomization } from '../../../api/index.ts';
import type { Cluster } from '../../../activities/cluster/client.ts';
import type { KubeObject, ObjectRef } from '../../../activities/cluster/object.ts';
import { checkDependencies, type Blocker } from '../../../activities/status/dependencies.ts';
import { specWith } from '../../support/manifests.ts';

const revision = 'main@sha1:2';

interface Standing {
  readonly spec?: Partial<Kustomization['spec']>;
  readonly ready?: { status: string; reason: string };
  readonly applied?: string;
  readonly observed?: number;
}

function dependencyOf(name: string, standing: Standing): KubeObject {
  const { spec, ready = { status: 'True', reason: 'ReconciliationSucceeded' } } = standing;
  const { applied = 'main@sha1:1', observed = 1 } = standing;
  const at = { lastTransitionTime: '2026-02-02T00:00:00Z', message: 'as it is' };
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace: 'apps', name, generation: 1 },
    spec: specWith(spec),
    status: {
      observedGeneration: observed,
      lastAppliedRevision: applied,
      conditions: [{ type: 'Ready', ...ready, ...at }],
    },
  };
}

/** What blocks a Kustomization that depends on these. */
function blockerOf(
  standings: Record<string, Standing>,
  dependsOn: Kustomization['spec']['dependsOn'] = Object.keys(standings).map((name) => ({ name })),
  additiveReadyExpr = false,
): Promise<Blocker | undefined> {
  const objects = Object.entries(standings).map(([name, row]) => dependencyOf(name, row));
  const get = (ref: ObjectRef): Promise<KubeObject | undefined> =>
    Promise.resolve(objects.find(({ metadata }) => metadata.name === ref.name));
  const spec = specWith({ dependsOn });
  const key = { namespace: 'apps', name: 'web' };
  const object = { ...dependencyOf('web', {}), spec };
  const dependant = { key, loaded: { spec, status: {}, object }, revision, additiveReadyExpr };
  return checkDependencies({ get } as unknown as Cluster, dependant);
}

const failed = { status: 'False', reason: 'BuildFailed' };
const underWay = { status: 'Unknown', reason: 'Progressing' };

test('a dependency that has applied the revision blocks nothing', async () => {
  expect(await blockerOf({ base: { applied: revision } })).toBeUndefined();
  const sourceRef = { kind: 'GitRepository', name: 'another' } as const;
  expect(await blockerOf({ base: { spec: { sourceRef } } })).toBeUndefined();
});

test.each<[string, Standing, boolean, string]>([
  ['ready at an older revision', {}, true, `has not applied ${revision} yet`],
  ['in the middle of a pass', { ready: underWay }, true, 'is not ready: as it is'],
  ['suspended', { spec: { suspend: true } }, false, `has not applied ${revision} yet`],
  ['failed', { ready: failed }, false, 'is not ready: as it is'],
  ['changed', { observed: 0 }, false, 'has a new spec that is not reconciled yet'],
  [
    'in the middle of a pass at the very revision',
    { ready: underWay, applied: revision },
    false,
    'is not ready: as it is',
  ],
])('a dependency that is %s blocks, and lags or not', async (_, standing, lags, fault) => {
  const why = `dependency Kustomization/apps/base ${fault}`;
  expect(await blockerOf({ base: standing })).toEqual({ why, lags });
});

test('a fault is named before a dependency that lags', async () => {
  const why = 'dependency Kustomization/apps/broken is not ready: as it is';
  expect(await blockerOf({ slow: {}, broken: { ready: failed } })).toEqual({ why, lags: false });
  const missing = [{ name: 'slow' }, { name: 'nowhere' }];
  expect(await blockerOf({ slow: {} }, missing)).toMatchObject({ lags: false });
});

test('a dependency that waits for its own ones lags as long as nothing is wrong with these', async () => {
  const waiting = { status: 'False', reason: 'DependencyNotReady' };
  const middle = { ready: waiting, spec: { dependsOn: [{ name: 'base' }] } };
  const lagsOver = async (base: Standing): Promise<boolean | undefined> =>
    (await blockerOf({ middle, base }, [{ name: 'middle' }]))?.lags;
  expect(await lagsOver({ ready: underWay })).toBe(true);
  expect(await lagsOver({ applied: revision })).toBe(true);
  expect(await lagsOver({ ready: failed })).toBe(false);
  expect(await lagsOver({ spec: { suspend: true } })).toBe(false);
  expect(await lagsOver(middle)).toBe(false);
});

test('an expression that does not hold is no lag, beside a lag neither', async () => {
  const judged = [{ name: 'slow', readyExpr: 'dep.metadata.generation == 2' }];
  expect(await blockerOf({ slow: {} }, judged)).toMatchObject({ lags: false });
  expect(await blockerOf({ slow: {} }, judged, true)).toMatchObject({ lags: false });
  const holds = [{ name: 'slow', readyExpr: 'dep.metadata.generation == 1' }];
  expect(await blockerOf({ slow: {} }, holds)).toBeUndefined();
  expect(await blockerOf({ slow: {} }, holds, true)).toMatchObject({ lags: true });
});

test('dependencies that lead back are a cycle, even where they merely lag', async () => {
  const dependsOn = [{ name: 'web' }];
  const blocker = await blockerOf({ base: { spec: { dependsOn } } });
  expect(blocker).toMatchObject({ lags: false });
  expect(blocker?.why).toContain('dependency cycle apps/web -> apps/base -> apps/web');
});
