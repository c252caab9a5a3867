import { expect, test } from 'vitest';
import type { Kustomization } from '../../../api/index.ts';
import { refusalOf, type Refusal } from '../../../activities/status/refusal.ts';
import { specWith } from '../../support/manifests.ts';

const key = { namespace: 'apps', name: 'web' };

function refusal(
  fields: Partial<Kustomization['spec']>,
  noCrossNamespaceRefs = false,
  annotations: Record<string, string> = {},
  externalArtifacts = true,
): Refusal | undefined {
  const spec = specWith(fields);
  const apiVersion = 'kustomize.toolkit.fluxcd.io/v1';
  const metadata = { ...key, annotations };
  const object = { apiVersion, kind: 'Kustomization', metadata, spec };
  return refusalOf({ spec, status: {}, object }, key, { noCrossNamespaceRefs, externalArtifacts });
}

const sourceOf = (namespace?: string): Partial<Kustomization['spec']> => ({
  sourceRef: { kind: 'GitRepository', name: 'repo', ...(namespace ? { namespace } : {}) },
});

test('a source of another namespace is refused where the platform team forbids it, and only there', () => {
  expect(refusal(sourceOf('platform'), true)).toEqual({
    reason: 'AccessDenied',
    why: "can't access 'GitRepository/platform/repo', cross-namespace references have been blocked",
  });
  expect(refusal(sourceOf('platform'))).toBeUndefined();
  expect(refusal(sourceOf('apps'), true)).toBeUndefined();
  expect(refusal(sourceOf(), true)).toBeUndefined();
});

test('an ExternalArtifact is refused where its gate is closed', () => {
  const sourceRef = { kind: 'ExternalArtifact', name: 'made' } as const;
  expect(refusal({ sourceRef }, false, {}, false)).toEqual({
    reason: 'AccessDenied',
    why: "can't access 'ExternalArtifact/apps/made', the feature gate ExternalArtifact is not enabled",
  });
  expect(refusal({ sourceRef })).toBeUndefined();
});

test('a dependency of another namespace is refused likewise', () => {
  const dependsOn = [{ name: 'near' }, { name: 'far', namespace: 'platform' }];
  expect(refusal({ dependsOn }, true)).toEqual({
    reason: 'AccessDenied',
    why: "can't access 'Kustomization/platform/far', cross-namespace references have been blocked",
  });
  expect(refusal({ dependsOn })).toBeUndefined();
});

test('an expression that can not be compiled is refused with its place', () => {
  expect(refusal({ dependsOn: [{ name: 'a', readyExpr: 'dep.status.' }] })).toMatchObject({
    reason: 'InvalidCELExpression',
  });
});

test('an ignore rule that can not be read is refused with its place', () => {
  const paths = ['/spec/replicas'];
  expect(refusal({ ignore: [{ paths }, { paths: ['spec.replicas'] }] })).toEqual({
    reason: 'InvalidSpec',
    why: "spec.ignore[1]: path 'spec.replicas' is no JSON pointer such as /spec/replicas",
  });
  expect(refusal({ ignore: [{ paths, target: { name: '(' } }] })).toMatchObject({
    reason: 'InvalidSpec',
  });
  expect(refusal({ ignore: [{ paths }] })).toBeUndefined();
});

test('a malformed deletion budget is refused, unless nothing is pruned anyway', () => {
  const annotations = { 'sluice.dev/max-deletions': 'few' };
  expect(refusal({}, false, annotations)).toEqual({
    reason: 'InvalidAnnotation',
    why: 'annotation sluice.dev/max-deletions: "few" is no budget: write a count such as 10, or 20%',
  });
  expect(refusal({ prune: false }, false, annotations)).toBeUndefined();
});

test('a field without behaviour is refused by name', () => {
  expect(refusal({ decryption: { provider: 'sops', serviceAccountName: 'keys' } })).toEqual({
    reason: 'UnsupportedField',
    why: 'not supported yet: spec.decryption (serviceAccountName); remove the field or wait for a version that has it',
  });
});
