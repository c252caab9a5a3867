import { expect, test } from 'vitest';
import { createRedact } from '../../../activities/cluster/redact.ts';

const canary = 'canary-7f3a9';
const encoded = Buffer.from(canary).toString('base64');
const secret = (fields: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  ...fields,
});

test.each([
  ['a value in stringData', { stringData: { a: canary } }, canary],
  ['its base64 form', { stringData: { a: canary } }, encoded],
  ['a decoded value of data', { data: { a: encoded } }, canary],
  ['a value of data as it stands', { data: { a: encoded } }, encoded],
  ['a line of a longer value', { stringData: { a: `first\n  ${canary}\n` } }, canary],
  ['a value that is no string', { stringData: { a: 123456 } }, '123456'],
])('%s is replaced', (_, fields, text) => {
  expect(createRedact([secret(fields)])(`it says ${text}!`)).toBe('it says ***!');
});

test('everything the API server quotes of a Secret is replaced', () => {
  const text = 'data[x]: Invalid value: "other": bad, got &value.valueUnstructured{Value:98765}';
  const clean = createRedact([])(text, { kind: 'Secret' });
  expect(clean).not.toContain('other');
  expect(clean).not.toContain('98765');
});

test('other objects are told of as they are', () => {
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { a: canary } };
  expect(createRedact([map])(`it says ${canary}`)).toContain(canary);
});

test('a text of a Secret that went into another object is replaced', () => {
  expect(createRedact([], [canary])(`Deployment says ${canary}`)).toBe('Deployment says ***');
});
