import { expect, test } from 'vitest';
import { ignoredFields } from '../../../activities/apply/ignore.ts';
import { planStage } from '../../../activities/apply/plan.ts';
import type { Cluster } from '../../../activities/cluster/client.ts';

test.each([1, 3])('no more than %i objects are compared at a time', async (concurrency) => {
  let [running, most] = [0, 0];
  const answer = async (): Promise<undefined> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return undefined;
  };
  const cluster = {
    get: answer,
    path: () => Promise.resolve('/'),
    request: () => Promise.resolve({}),
  } as unknown as Cluster;
  const objects = Array.from({ length: 9 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `a${index}`, namespace: 'apps' },
  }));
  const decisions = await planStage(
    {
      cluster,
      force: false,
      leaveIgnored: ignoredFields(),
      newKinds: new Set(),
      redact: (text) => text,
      concurrency,
      overriddenManagers: [],
    },
    objects,
  );
  expect(decisions.map(({ action }) => action)).toEqual(objects.map(() => 'create'));
  expect(most).toBe(concurrency);
});
