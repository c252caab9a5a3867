import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  conditionOf,
  gitRepository,
  kustomization,
  testNamespace,
  type TestNamespace,
} from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';

let space: TestNamespace;
let repository: TestRepository;

beforeAll(async () => {
  space = await testNamespace();
  repository = await testRepository();
});

afterAll(async () => {
  await repository.close();
  await space.close();
});

test('a commit becomes objects in the cluster, with owner labels and an inventory', async () => {
  const commit = await repository.commit({ 'a.yaml': configMap('a'), 'b.yaml': configMap('b') });
  await space.apply(gitRepository('repo', repository.url));
  await space.apply(kustomization('app', 'repo', { targetNamespace: space.name }));
  const app = await space.untilReady('Kustomization', 'app');
  expect(app.status).toMatchObject({
    observedGeneration: 1,
    lastAppliedRevision: `main@sha1:${commit}`,
    lastAttemptedRevision: `main@sha1:${commit}`,
    inventory: {
      entries: [
        { id: `${space.name}_a__ConfigMap`, v: 'v1' },
        { id: `${space.name}_b__ConfigMap`, v: 'v1' },
      ],
    },
  });
  expect(conditionOf(app, 'Ready')).toMatchObject({
    reason: 'ReconciliationSucceeded',
    message: `Applied revision: main@sha1:${commit}`,
  });
  const live = await space.get('ConfigMap', 'a');
  expect(live?.metadata.labels).toMatchObject({
    'kustomize.toolkit.fluxcd.io/name': 'app',
    'kustomize.toolkit.fluxcd.io/namespace': space.name,
  });
  expect(live?.metadata.managedFields).toMatchObject([
    { manager: 'kustomize-controller', operation: 'Apply' },
  ]);
});
