import { expect, test } from 'vitest';
import type { Look, Parked } from '../../activities/contract.ts';
import { parked } from '../../workflows/outcome.ts';

const look: Look = {
  verdict: 'sync',
  why: '',
  generation: 3,
  source: 'GitRepository/apps/repo',
  intervalMs: 60_000,
  retryMs: 60_000,
  timeoutMs: 60_000,
  pruneFirst: false,
};
const facts = { look, result: {}, durationMs: 1, nextMs: 60_000 };
const key = { namespace: 'apps', name: 'web' };

function outcomeOf(count: number, fields: Partial<Parked> = {}): ReturnType<typeof parked> {
  const names = Array.from({ length: Math.min(count, 50) }, (_, at) => `ConfigMap/apps/${at}`);
  return parked(facts, key, { digest: 'sha256:1', count, budget: '10', names, ...fields });
}

test('parked deletions are told with their number, the budget, the first names and what to do', () => {
  expect(outcomeOf(12)).toMatchObject({
    result: 'parked',
    reason: 'DeletionBudgetExceeded',
    message:
      '12 deletions are over the budget of 10 and wait for approval (sluice approve ks web -n apps): ConfigMap/apps/0, ConfigMap/apps/1, ConfigMap/apps/2, ConfigMap/apps/3, ConfigMap/apps/4, ConfigMap/apps/5, ConfigMap/apps/6, ConfigMap/apps/7, ConfigMap/apps/8, ConfigMap/apps/9 and 2 more',
    terminal: true,
    nextMs: 60_000,
  });
  expect(outcomeOf(1, { budget: '20% (0 of 4)' }).message).toBe(
    '1 deletion is over the budget of 20% (0 of 4) and waits for approval (sluice approve ks web -n apps): ConfigMap/apps/0',
  );
  expect(outcomeOf(900).message).toContain(' and 890 more');
});
