import { expect, test } from 'vitest';
import { placeOf, selfTimes, threadOf, type CpuProfile } from '../../bench/race/profile.ts';

const root = '/src/sluice';
const everything = { from: 0, to: Infinity };

test.each([
  ['file:///src/sluice/activities/apply/apply.ts', 'activities/apply/'],
  ['file:///src/sluice/worker/main.ts?namespace=1', 'worker/'],
  ['file:///src/sluice/node_modules/yaml/dist/parse.js', 'yaml'],
  ['/src/sluice/node_modules/@temporalio/worker/lib/worker.js', '@temporalio/worker'],
  ['file:///src/sluice/node_modules/a/node_modules/@b/c/index.js', '@b/c'],
  ['workflow-bundle-0a1b2c.js', 'workflow sandbox'],
  ['evalmachine.<anonymous>', 'workflow sandbox'],
  ['wasm://wasm/00034eea', 'WebAssembly'],
  ['node:internal/streams/readable', 'node:stream'],
  ['node:internal/stream_base_commons', 'node:stream'],
  ['node:internal/child_process', 'node:child_process'],
  ['node:internal/deps/undici/undici', 'node:undici'],
  ['node:_http_client', 'node:http'],
  ['node:zlib', 'node:zlib'],
])('the code at %s belongs to %s', (url, place) => {
  expect(placeOf(url, root)).toBe(place);
});

test('a sample lasts until the next one, and the last one until the end', () => {
  const times = selfTimes(profile(), root, everything);
  expect(times.places).toEqual({ '(idle)': 3, yaml: 2, 'garbage collection': 5 });
});

test('native functions count where they were called from', () => {
  const { places, functions } = selfTimes(profile([4, 5]), root, everything);
  expect(places).toEqual({ '@temporalio/core-bridge': 10 });
  expect(Object.keys(functions)).toEqual(['poll, lib/index.js:8', 'wait, @temporalio/core-bridge']);
});

test('samples count for the part that lies within the window', () => {
  const times = selfTimes(profile(), root, { from: 2_000_000, to: 4_000_000 });
  expect(times.places).toEqual({ '(idle)': 1, yaml: 1 });
});

test('threads are named after the code that ran in them', () => {
  const running = (url: string): CpuProfile => ({
    ...profile(),
    nodes: [{ id: 1, callFrame: { functionName: 'run', url, lineNumber: 1 } }],
  });
  expect(threadOf(running('workflow-bundle-1.js'), root, 0)).toBe('main');
  expect(threadOf(running('workflow-bundle-1.js'), root, 2)).toBe('workflows');
  expect(threadOf(running(`${root}/node_modules/tsx/dist/esm.js`), root, 1)).toBe('loader');
  expect(threadOf(running(`${root}/node_modules/yaml/index.js`), root, 3)).toBe('thread 3');
});

/** Ten seconds: idle for three, then two and five of others. */
function profile(samples = [2, 3, 6]): CpuProfile {
  const at = (
    functionName: string,
    url = '',
    lineNumber = 7,
  ): CpuProfile['nodes'][0]['callFrame'] => ({
    functionName,
    url,
    lineNumber,
  });
  const bridge = `${root}/node_modules/@temporalio/core-bridge/lib/index.js`;
  return {
    nodes: [
      { id: 1, callFrame: at('(root)'), children: [2, 3, 4, 6] },
      { id: 2, callFrame: at('(idle)') },
      { id: 3, callFrame: at('parse', `file://${root}/node_modules/yaml/dist/parse.js`) },
      { id: 4, callFrame: at('poll', bridge), children: [5] },
      { id: 5, callFrame: at('wait') },
      { id: 6, callFrame: at('(garbage collector)') },
    ],
    startTime: 0,
    endTime: 10_000_000,
    samples,
    timeDeltas: [0, 3_000_000, 2_000_000].slice(0, samples.length),
  };
}
