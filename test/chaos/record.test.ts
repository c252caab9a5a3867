import { expect, test } from 'vitest';
import { planOf, type Plan } from './plan.ts';
import { judge } from './record.ts';

const plan: Plan = {
  sources: 2,
  members: [
    { name: 'a', source: 0, dependsOn: [] },
    { name: 'b', source: 0, dependsOn: ['a'] },
    { name: 'c', source: 1, dependsOn: ['a'] },
  ],
  commits: [],
};
const revisions = new Map([
  ['b/1', new Set(['r1'])],
  ['b/2', new Set(['r2', 'r3'])],
  ['c/1', new Set(['q1'])],
]);

test.each([
  ['ready at this revision before', 'b', 1, 'r1', 5, 0],
  ['ready at this revision afterwards', 'b', 1, 'r1', 15, 1],
  ['ready at the revision before', 'b', 2, 'r1', 5, 1],
  ['ready at a later revision that holds the same object', 'b', 2, 'r3', 5, 0],
  ['ready at a revision of another source', 'c', 1, 'r1', 5, 0],
  ['ready on another source afterwards', 'c', 1, 'r1', 15, 1],
])('a dependency that was %s counts: %s at %i by %s at %i', (_, name, serial, ...rest) => {
  const [revision, at, faults] = rest;
  const objects = [{ name, serial, version: 10 }];
  const verdict = judge(
    plan,
    { objects, ready: [{ name: 'a', revision, version: at }] },
    revisions,
  );
  expect(verdict.checks).toBe(1);
  expect(verdict.violations).toHaveLength(faults);
});

test('the plan of a seed is always the same, and ends well', () => {
  expect(planOf(7)).toEqual(planOf(7));
  expect(planOf(7)).not.toEqual(planOf(8));
  const { members, commits, sources } = planOf(7);
  const last = Object.assign(
    {},
    ...commits.slice(-sources).map(({ changes }) => changes),
  ) as object;
  expect(Object.keys(last).sort()).toEqual(members.map(({ name }) => name).sort());
  expect(new Set(Object.values(last))).toEqual(new Set(['ok']));
});
