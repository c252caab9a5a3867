import { expect, test } from 'vitest';
import { budgetOf, parseBudget } from '../../../activities/cluster/deletion-budget.ts';

test.each([
  ['0', 100, 0],
  ['10', 3, 10],
  ['20%', 10, 2],
  ['20%', 9, 1],
  ['20%', 4, 0],
  ['0%', 500, 0],
  ['100%', 7, 7],
])('a budget of %s for an inventory of %i allows %i', (text, size, limit) => {
  expect(parseBudget(text)).toMatchObject({ text });
  expect(parseBudget(text).limit(size)).toBe(limit);
});

test.each(['', 'ten', '-1', '1.5', '101%', '10 %', '%', ' 10', '12345678901', '10%%'])(
  '"%s" is no budget',
  (text) => {
    expect(() => parseBudget(text)).toThrow(`"${text}" is no budget: write a count such as 10`);
  },
);

test('the annotation wins over the default of the worker, and without either there is no budget', () => {
  const object = (annotations?: Record<string, string>) => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'web', ...(annotations ? { annotations } : {}) },
  });
  const own = object({ 'sluice.dev/max-deletions': '100%' });
  expect(budgetOf(own, '5')?.text).toBe('100%');
  expect(budgetOf(object(), '5')?.text).toBe('5');
  expect(budgetOf(object(), undefined)).toBeUndefined();
  expect(() => budgetOf(object({ 'sluice.dev/max-deletions': 'few' }), '5')).toThrow(
    'annotation sluice.dev/max-deletions: "few" is no budget',
  );
});
