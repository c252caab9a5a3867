import { describe, expect, test } from 'vitest';
import { objectExpression, variablesExpression } from '../../../activities/cluster/cel.ts';
import { healthExpressions } from '../../../activities/cluster/health-expressions.ts';
import type { KubeObject } from '../../../activities/cluster/object.ts';

const object: KubeObject = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', generation: 2, labels: { tier: 'one' } },
  spec: { replicas: 3, ratio: 0.5 },
  status: { observedGeneration: 2, conditions: [{ type: 'Ready', status: 'True' }] },
};

test.each([
  ["status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')", true],
  ["status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'False')", false],
  ['metadata.generation == status.observedGeneration', true],
  ['spec.replicas + 1 == 4', true],
  ['spec.ratio < 1.0', true],
  ['has(status.phase)', false],
  ["has(status.phase) && status.phase == 'x'", false],
  ["metadata.labels['tier'].startsWith('o')", true],
  ['size(status.conditions) == 1 ? true : false', true],
])('%s is %s', (text, expected) => {
  expect(objectExpression(text).evaluate(object)).toBe(expected);
});

test.each([
  [
    'data.ready',
    `failed to evaluate the CEL expression 'data.ready': no such attribute(s): data.ready`,
  ],
  ['status.phase == "x"', 'no such key: phase'],
  ['spec.replicas', 'and not bool'],
])('%s fails when it is evaluated, with a reason', (text, fault) => {
  expect(() => objectExpression(text).evaluate(object)).toThrow(fault);
});

test.each(['1 +', 'a b', "'open"])('%s can not be parsed', (text) => {
  expect(() => objectExpression(text)).toThrow(`invalid CEL expression '${text}'`);
});

test.each(['dep.status.replicas', 'other.status == 1', '1', 'dep ==', 'nothing(dep)'])(
  'as a readyExpr %s is refused',
  (text) => {
    expect(() => variablesExpression(text, ['self', 'dep'])).toThrow('CEL expression');
  },
);

test('a regular expression that would never end is ended', () => {
  const endless = objectExpression("spec.text.matches('^(a+)+$')");
  expect(() => endless.evaluate({ spec: { text: `${'a'.repeat(40)}!` } })).toThrow('timed out');
});

describe('health by expressions', () => {
  const current = "status.phase == 'Up'";
  const widget = (status: object, kind = 'Widget'): KubeObject => ({ ...object, kind, status });
  const at = { observedGeneration: 2 };
  const rules = healthExpressions([
    { apiVersion: 'example.com/v1', current: "status.phase == 'Group'" },
    {
      apiVersion: 'example.com/v1beta1',
      kind: 'Widget',
      current,
      inProgress: "status.phase == 'Rising' || status.both",
      failed: "status.phase == 'Down' || status.both",
    },
  ]);

  test.each([
    ['current', widget({ ...at, phase: 'Up', both: false }), 'Current'],
    ['in progress', widget({ ...at, phase: 'Rising', both: false }), 'InProgress'],
    ['failed', widget({ ...at, phase: 'Down', both: false }), 'Failed'],
    ['in progress before failed', widget({ ...at, phase: '', both: true }), 'InProgress'],
    ['none of them', widget({ ...at, phase: '', both: false }), 'InProgress'],
    ['of an older generation', widget({ observedGeneration: 1, phase: 'Up' }), 'InProgress'],
    ['without the field', widget({ ...at, both: false }), 'Unknown'],
    ['of another kind of the group', widget({ ...at, phase: 'Group' }, 'Gadget'), 'Current'],
  ])('%s', (_, subject, status) => {
    expect(rules(subject)?.status).toBe(status);
  });

  test('another group has the rules of its kind', () => {
    expect(rules({ ...object, apiVersion: 'apps/v1' })).toBeUndefined();
  });

  test('a kind that is named twice is refused', () => {
    const row = { apiVersion: 'a.b/v1', kind: 'C', current: 'true' };
    expect(() => healthExpressions([row, { ...row, apiVersion: 'a.b/v2' }])).toThrow('a.b/C twice');
  });
});
