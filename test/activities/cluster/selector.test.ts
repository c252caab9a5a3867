import { expect, test } from 'vitest';
import { objectSelector } from '../../../activities/cluster/selector.ts';

const object = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web-api',
    namespace: 'apps',
    labels: { tier: 'front', 'example.com/team': 'a' },
    annotations: { note: 'x' },
  },
};

test.each([
  [{}, true],
  [{ kind: 'Deployment' }, true],
  [{ kind: 'Deploy' }, false],
  [{ group: 'apps', version: 'v1' }, true],
  [{ group: 'batch' }, false],
  [{ name: 'web' }, false],
  [{ name: 'web-.*' }, true],
  [{ name: 'db|web-api' }, true],
  [{ namespace: 'app' }, false],
  [{ namespace: 'apps', name: 'web-api' }, true],
  [{ labelSelector: 'tier' }, true],
  [{ labelSelector: '!tier' }, false],
  [{ labelSelector: '!other, tier=front' }, true],
  [{ labelSelector: 'tier==back' }, false],
  [{ labelSelector: 'tier!=back' }, true],
  [{ labelSelector: 'other!=back' }, true],
  [{ labelSelector: 'example.com/team in (a, b),tier notin (back,middle)' }, true],
  [{ labelSelector: 'tier in (back)' }, false],
  [{ annotationSelector: 'note=x' }, true],
  [{ annotationSelector: 'note=y' }, false],
])('the selector %o matches or not: %s', (selector, matches) => {
  expect(objectSelector(selector)(object)).toBe(matches);
});

test.each([
  [{ name: '(' }, "name '(' is no regular expression"],
  [{ labelSelector: 'a>1' }, "labelSelector 'a>1' is no requirement on a label"],
])('the selector %o is refused', (selector, message) => {
  expect(() => objectSelector(selector)).toThrow(message);
});

test('an expression that would never end is ended', () => {
  const matches = objectSelector({ name: '(a+)+' });
  const hostile = { ...object, metadata: { name: `${'a'.repeat(60)}!` } };
  expect(() => matches(hostile)).toThrow("name '(a+)+' takes too long to match");
});
