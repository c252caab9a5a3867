import { beforeAll, expect, test } from 'vitest';
import { liveAMonth, longestRetryMs, type Intervals, type Month } from './month.ts';

/** Longer than users choose, so that a month takes less than a minute; main.ts plays it with ten minutes. */
const intervals: Intervals = { kustomization: 2 * 3_600_000, source: 3_600_000 };
const month = 30 * 24 * 3_600_000;

let past: Month;

beforeAll(async () => {
  past = await liveAMonth(intervals);
}, 900_000);

test('a Kustomization that drifts is applied once an interval for a month, and each time in a run of its own', () => {
  const passes = past.runs.app.filter(({ begun }) => begun < past.ended);
  expect(Math.abs(passes.length - month / intervals.kustomization)).toBeLessThanOrEqual(1);
  expect(passes.map(({ activities }) => activities['apply']?.length)).toEqual(passes.map(() => 1));
});

test('where nothing has changed, an interval is a comparison, and one pass is all of a month', () => {
  const of = (name: string): number[] =>
    past.runs.calm.flatMap(({ activities }) => activities[name] ?? []);
  const compared = of('recheck').filter((at) => at < past.ended);
  expect(Math.abs(compared.length + 1 - month / intervals.kustomization)).toBeLessThanOrEqual(1);
  expect(of('apply')).toHaveLength(1);
});

test('a source asks its remote once an interval for a month', () => {
  const looks = past.runs.repo.flatMap(({ activities }) => activities['lookAtSource'] ?? []);
  const within = looks.filter((at) => at < past.ended);
  expect(Math.abs(within.length - month / intervals.source)).toBeLessThanOrEqual(1);
});

test('no timer is late', () => {
  const timers = Object.values(past.runs).flatMap((runs) => runs.flatMap((run) => run.timers));
  const late = timers.filter(
    ({ begun, delayMs, fired }) => fired !== undefined && Math.abs(fired - begun - delayMs) > 1000,
  );
  expect(timers.length).toBeGreaterThan(1000);
  expect(late).toEqual([]);
});

test('no history grows without bound, and whatever ends goes on as a new run', () => {
  for (const [name, runs] of Object.entries(past.runs)) {
    expect(runs.filter(({ events }) => events > 4200)).toEqual([]);
    expect(runs.filter(({ bytes }) => bytes > 4_000_000)).toEqual([]);
    const [current, ...before] = runs.toReversed();
    expect([name, current?.continued]).toEqual([name, undefined]);
    expect(before.filter(({ continued }) => continued === undefined)).toEqual([]);
    expect(runs.filter(({ failedTasks }) => failedTasks > 0)).toEqual([]);
  }
  const passes = [...past.runs.app, ...past.runs.failing];
  expect(Math.max(...passes.map(({ events }) => events))).toBeLessThan(70);
});

test('a Kustomization that only looks and waits continues as new when its history is long', () => {
  const lookedFor = past.runs.waiting.flatMap(({ timers }) => timers);
  expect(Math.abs(lookedFor.length - month / intervals.source)).toBeLessThanOrEqual(2);
});

test('failures are retried ever later, up to the cap and no further', () => {
  const delays = (runs: Month['runs']['failing']): number[] =>
    runs.flatMap(({ timers }) => timers.map(({ delayMs }) => delayMs));
  const kustomization = delays(past.runs.failing);
  const minute = 60_000;
  const growing = [1, 1, 1, 1, 2, 4, 8, 16, 32, 64, 128, 256].map((factor) => factor * minute);
  expect(kustomization.slice(0, 12)).toEqual(growing);
  expect(new Set(kustomization.slice(12))).toEqual(new Set([longestRetryMs]));
  const source = delays(past.runs['failing-repo']);
  expect(source.slice(0, 3)).toEqual([750, 1500, 3000]);
  expect(new Set(source.slice(15))).toEqual(new Set([longestRetryMs]));
});

test('what was suspended until a moment goes on at that moment', () => {
  const firstOf = (runs: Month['runs']['suspended'], name: string): number =>
    Math.min(...runs.flatMap(({ activities }) => activities[name] ?? []));
  for (const at of [
    firstOf(past.runs.suspended, 'fetch'),
    firstOf(past.runs['suspended-repo'], 'fetchSource'),
  ]) {
    expect(at).toBeGreaterThanOrEqual(past.resumeAt);
    expect(at).toBeLessThan(past.resumeAt + 10_000);
  }
});

test('the heap of the worker is no larger after a month than after two days', () => {
  expect(past.heapMiB.late).toBeLessThan(past.heapMiB.early * 1.25 + 10);
});
