import { expect, test } from 'vitest';
import { applyMode, isForced, isKept, isSkipped } from '../../../activities/cluster/switches.ts';

const object = (where: 'labels' | 'annotations', name: string, value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm', [where]: { [`kustomize.toolkit.fluxcd.io/${name}`]: value } },
});

test.each([
  ['ssa', 'Ignore', { skipped: true, kept: true }],
  ['ssa', 'ignore', { skipped: true, kept: true }],
  ['ssa', 'Merge', { skipped: false, kept: false }],
  ['reconcile', 'disabled', { skipped: true, kept: true }],
  ['reconcile', 'Disabled', { skipped: true, kept: true }],
  ['reconcile', 'enabled', { skipped: false, kept: false }],
  ['prune', 'disabled', { skipped: false, kept: true }],
] as const)('%s: %s works as a label and as an annotation', (name, value, { skipped, kept }) => {
  for (const where of ['labels', 'annotations'] as const) {
    expect(isSkipped(object(where, name, value))).toBe(skipped);
    expect(isKept(object(where, name, value))).toBe(kept);
  }
});

test.each([
  ['Merge', 'Merge'],
  ['ifnotpresent', 'IfNotPresent'],
  ['nonsense', 'Override'],
] as const)('the apply mode %s is read as %s', (value, mode) => {
  expect(applyMode(object('annotations', 'ssa', value))).toBe(mode);
});

test('force has to be enabled', () => {
  expect(isForced(object('annotations', 'force', 'Enabled'))).toBe(true);
  expect(isForced(object('annotations', 'force', 'true'))).toBe(false);
});
