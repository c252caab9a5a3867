import { expect, test } from 'vitest';
import { fieldInWords, isPointedAt, leavesOf } from '../../../../client/bridge/drift/fields.ts';
import { culpritOf, faultInWords, reasonOf } from '../../../../client/bridge/drift/reason.ts';

const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'apps', name: 'web' };
const at = '2026-01-01T11:00:00Z';

test('the leaves of a tree are the fields that hold a value', () => {
  const tree = { 'f:a': { '.': {}, 'f:b': {}, 'f:c': { '.': {} } }, 'f:d': {} };
  expect(leavesOf(tree)).toEqual(['f:a\nf:b', 'f:a\nf:c', 'f:d']);
});

test.each([
  ['f:spec\nf:replicas', 'spec.replicas'],
  [
    'f:spec\nf:containers\nk:{"name":"main","port":80}\nf:image',
    'spec.containers[name=main,port=80].image',
  ],
  ['f:metadata\nf:finalizers\nv:"secret"', 'metadata.finalizers[…]'],
  ['f:list\ni:2\nf:x', 'list[2].x'],
])('the field %j is written %s', (path, words) => {
  expect(fieldInWords(path)).toBe(words);
});

test.each([
  ['f:data\nf:theirs', ['data', 'theirs'], true],
  ['f:data\nf:theirs', ['data'], true],
  ['f:data\nf:theirs', ['data', 'ours'], false],
  ['f:spec', ['spec', 'replicas'], false],
  ['f:spec\nf:containers\nk:{"name":"main"}\nf:image', ['spec', 'containers', '0', 'image'], true],
  ['f:spec\nf:containers\nk:{"name":"main"}\nf:args', ['spec', 'containers', '0', 'image'], false],
])('the field %j is pointed at by %j: %s', (path, pointer, expected) => {
  expect(isPointedAt(path, pointer)).toBe(expected);
});

test('a fault names object, fields and managers', () => {
  const field = (name: string, manager: string): { path: string; manager: string; at: string } => ({
    path: `f:spec\nf:${name}`,
    manager,
    at: manager === '' ? '' : at,
  });
  const fields = [field('a', 'x'), field('b', ''), field('c', 'x'), field('d', 'y')];
  expect(faultInWords(ref, { kind: 'changed', fields })).toBe(
    `Deployment/apps/web: spec.a, spec.c changed by x at ${at}, spec.b removed, spec.d changed by y at ${at}`,
  );
  const many = Array.from({ length: 7 }, (_, index) => field(`f${index}`, 'x'));
  expect(faultInWords(ref, { kind: 'changed', fields: many })).toContain('and 2 more fields');
  expect(culpritOf({ kind: 'changed', fields: [field('b', ''), field('a', 'x')] })).toBe('x');
});

test.each([
  ['deleted', `Deployment/apps/web: deleted, seen at ${at}`],
  ['unlabelled', `Deployment/apps/web: lost its owner labels, seen at ${at}`],
] as const)('an object that was %s is told as such', (kind, words) => {
  expect(faultInWords(ref, { kind, at })).toBe(words);
});

test('the reason of a pass is bounded', () => {
  expect(reasonOf(['a', 'b', 'c', 'd'])).toBe('a; b; c; and 1 more objects');
  expect(reasonOf(Array.from({ length: 5 }, () => 'x'.repeat(900)))).toHaveLength(1000);
});
