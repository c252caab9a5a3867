import { expect, test } from 'vitest';
import { cachedWorkflows } from '../../worker/workflow-cache.ts';

test.each([
  ['the heap that the chart gives', 1024, 1648],
  ['the largest that Node takes by itself', 4144, 7888],
  ['a small one', 128, 10],
])('%s keeps as many workflows as fit', (_, heapMiB, count) => {
  expect(cachedWorkflows(heapMiB * 2 ** 20)).toBe(count);
});
