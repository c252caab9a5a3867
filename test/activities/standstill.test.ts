import { expect, test } from 'vitest';
import { createStandstillWatch } from '../../activities/standstill.ts';

test('a process that stood still is told of for a minute', () => {
  let time = 0;
  const watch = createStandstillWatch(() => time);
  const goOn = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      time += 1000;
      watch.tick();
    }
  };
  goOn(60);
  expect(watch.lately()).toBe(false);
  time += 12_000;
  // A task may begin before the next tick.
  expect(watch.lately()).toBe(true);
  goOn(50);
  expect(watch.lately()).toBe(true);
  goOn(20);
  expect(watch.lately()).toBe(false);
});

test('a busy event loop is no standstill', () => {
  let time = 0;
  const watch = createStandstillWatch(() => time);
  time += 5000;
  expect(watch.lately()).toBe(false);
});
