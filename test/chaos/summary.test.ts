import { expect, test } from 'vitest';
import { summaryOf } from './summary.ts';

test('faults are counted by their names and the stages they hit', () => {
  const run = { seed: 1, commits: 2, restSeconds: 1, checks: 3 };
  const kill = { name: 'worker-kill', stages: ['apply'] };
  const skipped = { name: 'worker-kill', stages: ['idle'], skipped: true } as const;
  const both = { name: 'git-cut', stages: ['apply', 'fetch'] };
  const text = summaryOf([
    { ...run, faults: [kill, skipped], violations: [] },
    { ...run, faults: [kill, both], violations: ['x'] },
  ]);
  expect(text).toBe(
    [
      'git-cut: 1 (apply 1, fetch 1)',
      'worker-kill: 2 (apply 2)',
      '2 runs, 4 commits, 3 faults, 6 checks, 1 violations in 1 runs',
      '',
    ].join('\n'),
  );
});
