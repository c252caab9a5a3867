import { expect, test } from 'vitest';
import { kindNamed, parseTarget } from '../../../client/cli/kinds.ts';
import { createProgram } from '../../../client/cli/program.ts';
import { age, table, took } from '../../../client/cli/table.ts';

test('columns are as wide as their widest cell, and nothing trails', () => {
  expect(
    table(
      ['name', 'ready'],
      [
        ['a-long-name', 'True'],
        ['b', ''],
      ],
    ),
  ).toBe('NAME         READY\na-long-name  True\nb\n');
});

test.each([
  ['2026-01-01T00:00:00Z', '2026-01-01T00:01:59Z', '119s'],
  ['2026-01-01T00:00:00Z', '2026-01-01T00:12:10Z', '12m'],
  ['2026-01-01T00:00:00Z', '2026-01-01T03:05:00Z', '3h5m'],
  ['2026-01-01T00:00:00Z', '2026-01-04T03:05:00Z', '3d'],
  [undefined, '2026-01-04T03:05:00Z', '<unknown>'],
])('the age since %s at %s is %s', (since, now, words) => {
  expect(age(since, Date.parse(now))).toBe(words);
});

test.each([
  [640, '640ms'],
  [1440, '1.4s'],
  [192_000, '3m12s'],
])('%d ms took %s', (ms, words) => {
  expect(took(ms)).toBe(words);
});

test.each(['ks', 'Kustomization', 'kustomizations'])('%s is a Kustomization', (text) => {
  expect(kindNamed(text).kind).toBe('Kustomization');
});

test('KIND NAME and KIND/NAME are the same, and a missing name says how to find one', () => {
  expect(parseTarget('ks/app', undefined)).toEqual(parseTarget('ks', 'app'));
  expect(() => parseTarget('ks', undefined)).toThrow('sluice get ks');
  expect(() => parseTarget('pod', 'x')).toThrow('there is no kind pod');
});

test('every command has a description, and those with arguments have examples', () => {
  for (const command of createProgram().commands) {
    expect(command.description(), command.name()).not.toBe('');
  }
});
