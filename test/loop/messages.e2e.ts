import { expect, test } from 'vitest';
import { playMessages } from './play-messages.ts';

test('no message is lost or counted twice where runs continue as new', async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  const score = await playMessages({ seed, subjects: 24, bursts: 6 });
  expect({ seed, faults: score.faults }).toEqual({ seed, faults: [] });
  expect(score.runs).toBeGreaterThan(100);
  expect(score.collisions).toBeGreaterThan(0);
});
