import { ServiceError } from '@temporalio/client';
import { expect, test, vi } from 'vitest';
import { ask } from '../../client/ask.ts';

function refusal(code: number): ServiceError {
  const cause = Object.assign(new Error('refused'), { code, details: 'refused', metadata: {} });
  return new ServiceError('Workflow Update failed', { cause });
}

test('an update that Temporal does not take yet is sent again', async () => {
  const executeUpdate = vi.fn().mockRejectedValueOnce(refusal(9)).mockResolvedValueOnce('done');
  expect(await ask({ executeUpdate }, 'reconcile', {})).toBe('done');
  expect(executeUpdate).toHaveBeenCalledTimes(2);
});

test('an update that fails otherwise is not', async () => {
  const executeUpdate = vi.fn().mockRejectedValue(refusal(7));
  await expect(ask({ executeUpdate }, 'reconcile', {})).rejects.toThrow('Workflow Update failed');
  expect(executeUpdate).toHaveBeenCalledTimes(1);
});
