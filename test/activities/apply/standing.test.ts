import { expect, test } from 'vitest';
import { createStandings } from '../../../activities/apply/standing.ts';
import type { KubeObject } from '../../../activities/cluster/object.ts';

const declared = (value = 'a'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', namespace: 'apps' },
  data: { value },
});
const live = (resourceVersion: string, uid = 'one'): KubeObject => ({
  ...declared(),
  metadata: { name: 'x', namespace: 'apps', uid, resourceVersion },
});

test('an object holds at the version at which it was seen, as the same object, declared alike', () => {
  const standing = createStandings().of('app', 1);
  expect(standing.knows(declared())).toBe(false);
  expect(standing.holds(declared(), live('7').metadata)).toBe(false);
  standing.note(declared(), live('7'));
  expect(standing.knows(declared())).toBe(true);
  expect(standing.holds(declared(), live('7').metadata)).toBe(true);
  expect(standing.holds(declared(), live('8').metadata)).toBe(false);
  expect(standing.holds(declared(), live('7', 'two').metadata)).toBe(false);
  expect(standing.holds(declared('b'), live('7').metadata)).toBe(false);
});

test('what is known ends with the generation, and after an hour', () => {
  let time = 0;
  const standings = createStandings(() => time);
  standings.of('app', 1).note(declared(), live('7'));
  const holds = (generation: number): boolean =>
    standings.of('app', generation).holds(declared(), live('7').metadata);
  expect(holds(1)).toBe(true);
  time += 3_600_001;
  expect(holds(1)).toBe(false);
  standings.of('app', 1).note(declared(), live('7'));
  expect(holds(2)).toBe(false);
});

test('an object without a version is never taken for known', () => {
  const standing = createStandings().of('app', 1);
  const versionless = { ...declared(), metadata: { name: 'x', namespace: 'apps' } };
  standing.note(declared(), versionless);
  expect(standing.holds(declared(), versionless.metadata)).toBe(false);
});

test('the Kustomization that was not asked for longest is forgotten first', () => {
  const standings = createStandings();
  for (const uid of ['old', 'new']) {
    const standing = standings.of(uid, 1);
    for (let at = 0; at < 110_000; at++) {
      const object = { ...declared(), metadata: { name: `${at}` } };
      standing.note(object, live('7'));
    }
  }
  const object = { ...declared(), metadata: { name: '0' } };
  expect(standings.of('new', 1).knows(object)).toBe(true);
  expect(standings.of('old', 1).knows(object)).toBe(false);
});
