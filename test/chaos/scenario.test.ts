import { expect, test } from 'vitest';
import { expectationOf } from './content.ts';
import { faultNames, namesIn } from './faults/names.ts';
import { openModel } from './model.ts';
import { scenarioOf, type Scenario } from './scenario.ts';

const seeds = Array.from({ length: 200 }, (_, at) => at + 1);

/** The model after all commits, and their revisions. */
function played(scenario: Scenario): ReturnType<typeof openModel> {
  const model = openModel(scenario);
  for (const [at, step] of scenario.steps.entries()) {
    if (step.do === 'commit') model.committed(step, `r${at}`);
  }
  return model;
}

test('a seed always gives the same steps and faults, and another seed others', () => {
  expect(scenarioOf(7, faultNames)).toEqual(scenarioOf(7, faultNames));
  expect(scenarioOf(7, faultNames)).not.toEqual(scenarioOf(8, faultNames));
});

test('the kinds of faults that are asked for are the only ones', () => {
  const kinds = namesIn('git,api-kill');
  expect(kinds).toEqual(['api-kill', 'git-slow', 'git-cut', 'git-garbage', 'git-500']);
  const names = seeds.flatMap((seed) => scenarioOf(seed, kinds).faults.map(({ name }) => name));
  expect(new Set(names)).toEqual(new Set(kinds));
  expect(() => namesIn('git,nothing')).toThrow('no fault is named "nothing"');
});

test('whatever others depend on ends well, and nothing ends suspended', () => {
  const ends = seeds.flatMap((seed) => {
    const scenario = scenarioOf(seed, []);
    const model = played(scenario);
    return scenario.members.map(({ name }) => {
      const needed = scenario.members.some(({ dependsOn }) => dependsOn.includes(name));
      const own = scenario.steps.filter((step) => 'name' in step && step.name === name);
      const last = own.filter((step) => ['create', 'delete'].includes(step.do)).at(-1)?.do;
      const suspension = own.filter((step) => ['suspend', 'resume'].includes(step.do)).at(-1)?.do;
      const { verdict } = expectationOf(model.directory(name, model.newest(name)) ?? {});
      return { needed, last, suspension, verdict };
    });
  });
  const needed = ends.filter((end) => end.needed);
  expect(new Set(needed.map(({ verdict }) => verdict))).toEqual(new Set(['good']));
  expect(new Set(needed.map(({ last }) => last))).toEqual(new Set(['create']));
  const left = ends.filter(({ last }) => last === 'create');
  expect(left.filter(({ suspension }) => suspension === 'suspend')).toEqual([]);
  expect(new Set(ends.map(({ verdict }) => verdict))).toEqual(
    new Set(['good', 'unhealthy', 'broken']),
  );
});

test('a commit only touches files of its own source, and no two contents share a serial', () => {
  for (const seed of seeds) {
    const { members, steps } = scenarioOf(seed, []);
    const contents = new Map<number, string>();
    for (const step of steps) {
      if (step.do !== 'commit') continue;
      for (const [path, content] of Object.entries(step.files)) {
        const member = members.find(({ name }) => path.startsWith(`${name}/`));
        expect(member?.source).toBe(step.source);
        const isOwn = content !== null && content !== 'broken' && content.form !== 'Locked';
        const [serial, text] = isOwn ? [content.serial, JSON.stringify(content)] : [-1, ''];
        expect(contents.get(serial) ?? text).toBe(text);
        contents.set(serial, text);
      }
    }
  }
});

test('the model knows which revisions hold what', () => {
  const model = openModel({ members: [{ name: 'k0', source: 0, dependsOn: [] }] });
  const item = (serial: number) => ({ form: 'ConfigMap', name: 'a', serial, state: 'ok' }) as const;
  const commit = { pauseMs: 0, do: 'commit', source: 0, told: true } as const;
  model.committed({ ...commit, files: { 'k0/a.yaml': item(1), 'k0/b.yaml': 'broken' } }, 'r1');
  model.committed({ ...commit, files: { 'k0/b.yaml': null } }, 'r2');
  model.committed({ ...commit, files: { 'k0/a.yaml': item(2) } }, 'r3');
  expect(model.newest('k0')).toBe('r3');
  expect(model.directory('k0', 'r1')).toEqual({ 'a.yaml': item(1), 'b.yaml': 'broken' });
  expect(model.directory('k0', 'r9')).toBeUndefined();
  expect(model.holding().get('k0/1')).toEqual(new Set(['r1', 'r2']));
  expect(expectationOf(model.directory('k0', 'r2') ?? {}, 'x-')).toEqual({
    verdict: 'good',
    objects: new Map([['ConfigMap/x-a', '1']]),
  });
});
