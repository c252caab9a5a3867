import { expect, test } from 'vitest';
import { fieldDifferences } from '../../../client/diff/fields.ts';

const mask = (text: string): string => text.replaceAll('hidden', '***');
const deployment = (image: string, extra: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', resourceVersion: image, labels: { app: 'web' } },
  spec: {
    containers: [
      { name: 'side', image: 's' },
      { name: 'main', image },
    ],
    ...extra,
  },
  status: { replicas: image.length },
});

test('fields are named by their path, items of lists by their name', () => {
  const found = fieldDifferences(deployment('a'), deployment('bb', { 'odd.key': 1 }), mask);
  expect(found).toEqual([
    { path: 'spec.containers.main.image', before: '"a"', after: '"bb"' },
    { path: 'spec."odd.key"', after: '1' },
  ]);
});

test('lists of named items are compared item by item, others as a whole', () => {
  const swapped = deployment('a');
  const reversed = { ...swapped, spec: { containers: [...swapped.spec.containers].reverse() } };
  expect(fieldDifferences(swapped, reversed, mask)).toEqual([]);
  const plain = (list: unknown[]) => ({ ...deployment('a'), spec: { list } });
  expect(fieldDifferences(plain([1, 2]), plain([2, 1]), mask)).toEqual([
    { path: 'spec.list', before: '[1,2]', after: '[2,1]' },
  ]);
});

test('secret values are masked in Secrets and wherever else they stand', () => {
  const secret = (value: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', annotations: { note: value } },
    data: { key: value },
  });
  const found = fieldDifferences(secret('one'), secret('hidden'), mask);
  expect(found).toEqual([
    { path: 'data.key', before: '*****', after: '*****' },
    { path: 'metadata.annotations.note', before: '"one"', after: '"***"' },
  ]);
});
