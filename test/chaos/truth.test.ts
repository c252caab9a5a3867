import { expect, test } from 'vitest';
import type { Directory } from './content.ts';
import { bystanderSerial, unrest } from './rest.ts';
import type { MemberMoment, ObjectMoment } from './timeline.ts';
import { untruths } from './truth.ts';

const item = (serial: number): Directory => ({
  'a.yaml': { form: 'ConfigMap', name: 'a', serial, state: 'ok' },
});
const directories: Record<string, Directory> = {
  r1: item(1),
  r2: item(2),
  bad: { ...item(3), 'b.yaml': 'broken' },
};
const model = {
  directory: (_: string, revision: string): Directory | undefined => directories[revision],
  newest: (): string => 'r2',
};

function object(version: number, serial: string, more: Partial<ObjectMoment> = {}): ObjectMoment {
  const fixed = { of: 'object', id: 'ConfigMap/a', uid: 'u', gone: false, owner: 'k0' } as const;
  return { ...fixed, version, serial, ...more };
}

function member(version: number, applied: string, more: Partial<MemberMoment> = {}): MemberMoment {
  return {
    ...{ of: 'member', version, name: 'k0', gone: false, deleting: false, applied, prefix: '' },
    ...{ generation: 1, observed: 1, ready: 'True', reason: 'Succeeded', message: '' },
    ...{ attempted: applied, inventory: ['ConfigMap/a'] },
    ...more,
  };
}

const truthOf = (
  moments: readonly (ObjectMoment | MemberMoment)[],
  touches: Parameters<typeof untruths>[2] = [],
): readonly string[] => untruths({ moments, gaps: [] }, model, touches).violations;

test('Ready over the right objects is true', () => {
  const moments = [object(1, '1'), member(2, 'r1')];
  expect(untruths({ moments, gaps: [] }, model, [])).toEqual({ checks: 1, violations: [] });
});

test.each([
  ['an object of another revision', [object(1, '1'), member(2, 'r2')]],
  ['an object that is missing', [member(2, 'r1')]],
  [
    'an object that a revision no longer has',
    [object(1, '1'), object(2, '', { id: 'X/b' }), member(3, 'r1')],
  ],
  ['a revision that can not be built', [object(1, '3'), member(2, 'bad')]],
  ['a revision that nobody made', [object(1, '3'), member(2, 'r9')]],
  ['a write that comes too late', [object(1, '2'), member(2, 'r2'), object(3, '1')]],
])('Ready over %s is a violation, told once', (_, moments) => {
  expect(truthOf(moments)).toHaveLength(1);
  expect(truthOf([...moments, ...moments])).toHaveLength(1);
});

test.each([
  ['while a pass runs', { ready: 'Unknown' }],
  ['of a generation before', { observed: 0 }],
  ['of one that is being deleted', { deleting: true }],
])('nothing is said %s', (_, more) => {
  expect(truthOf([object(1, '1'), member(2, 'r2', more)])).toEqual([]);
});

test('what a user changed or deleted counts as right until another one writes it', () => {
  const change = [object(1, '1'), member(2, 'r1'), object(3, 'x'), member(4, 'r1')];
  const deletion = [
    object(1, '1'),
    member(2, 'r1'),
    object(3, '1', { gone: true }),
    member(4, 'r1'),
  ];
  const id = 'ConfigMap/a';
  expect(truthOf(change)).toHaveLength(1);
  expect(truthOf(change, [{ id, version: 3 }])).toEqual([]);
  expect(truthOf([...change, object(5, 'y')], [{ id, version: 3 }])).toHaveLength(1);
  expect(truthOf(deletion)).toHaveLength(1);
  expect(truthOf(deletion, [{ id, deletedAt: 1 }])).toEqual([]);
});

test('nothing is said of what a watch may have missed', () => {
  const moments = [object(1, '1'), member(5, 'r2')];
  expect(untruths({ moments, gaps: [{ from: 3, to: 5 }] }, model, []).violations).toEqual([]);
});

const beside = new Map([['ConfigMap/beside', 'b']]);
const bystander = object(1, bystanderSerial, { id: 'ConfigMap/beside', uid: 'b', owner: '' });

function unrestOf(
  objects: readonly ObjectMoment[],
  members: readonly MemberMoment[],
): readonly string[] {
  const present = {
    objects: new Map([bystander, ...objects].map((one) => [one.id, one])),
    members: new Map(members.map((one) => [one.name, one])),
  };
  return unrest(['k0'], present, model, beside);
}

test('a namespace at rest holds the newest revision, and its inventories say so', () => {
  expect(unrestOf([object(1, '2')], [member(2, 'r2')])).toEqual([]);
  expect(unrestOf([], [])).toEqual([]);
});

test.each([
  ['an old revision', [object(1, '1')], [member(2, 'r1')], 'attempted r1 and not r2'],
  [
    'a status that is not Ready',
    [object(1, '2')],
    [member(2, 'r2', { ready: 'False' })],
    'Ready=False',
  ],
  ['an object without owner', [object(1, '2')], [], 'belongs to nobody'],
  [
    'an entry of nothing',
    [object(1, '2')],
    [member(2, 'r2', { inventory: ['ConfigMap/a', 'X/b'] })],
    'does not exist',
  ],
  [
    'an object in no inventory',
    [object(1, '2')],
    [member(2, 'r2', { inventory: [] })],
    'and it exists',
  ],
  ['an old generation', [object(1, '2')], [member(2, 'r2', { generation: 2 })], 'generation 1'],
  [
    'an object too many',
    [object(1, '2'), object(1, '9', { id: 'X/b' })],
    [member(2, 'r2')],
    'still has X/b',
  ],
])('%s is told', (_, objects, members, text) => {
  expect(unrestOf(objects, members).join('; ')).toContain(text);
});

test('what is nobody’s has to stay as it is', () => {
  const other = { ...bystander, uid: 'other' };
  const changed = { ...bystander, serial: '7' };
  expect(unrestOf([other], []).join()).toContain('is gone');
  expect(unrestOf([changed], []).join()).toContain('is changed');
});
