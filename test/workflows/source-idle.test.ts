import { expect, test } from 'vitest';
import { failedStep, waitingStep } from '../../workflows/source-idle.ts';

const failure = {
  result: 'failed',
  reason: 'GitOperationFailed',
  message: 'no answer',
  generation: 1,
  terminal: false,
} as const;

test('failures in a row are retried ever later, from 750 ms to 15 minutes', () => {
  const waits = [0, 1, 2, 3, 10, 11, 40].map((failures) => failedStep(failure, failures).nextMs);
  expect(waits).toEqual([750, 1500, 3000, 6000, 768_000, 900_000, 900_000]);
  expect(failedStep(failure, 2).failures).toBe(3);
});

test('the delays are those of the worker', () => {
  const retry = { minMs: 100, maxMs: 350, dependencyMs: 5000 };
  const waits = [0, 1, 2].map((failures) => failedStep(failure, failures, retry).nextMs);
  expect(waits).toEqual([100, 200, 350]);
  expect(waitingStep(failure, retry).nextMs).toBe(5000);
});

test('a failure for good waits for a change, whatever the delays', () => {
  expect(failedStep({ ...failure, terminal: true }, 3).nextMs).toBeUndefined();
});
