import { expect, test } from 'vitest';
import type { Figure, Outcome } from '../../bench/race/outcome.ts';
import { tablesOf } from '../../bench/race/table.ts';

const order = ['Sluice', 'Flux', 'Flux (defaults)'];

test('a row has the median and the range of several runs, and the ratio of the first two', () => {
  const runs = [
    outcome('Sluice', { P1: { value: 1 } }),
    outcome('Sluice', { P1: { value: 3 } }),
    outcome('Sluice', { P1: { value: 2 } }),
    outcome('Flux', { P1: { value: 40 } }),
    outcome('Flux (defaults)', { P1: { value: 120 } }),
  ];
  expect(rowsOf(runs)).toEqual([
    '|  | Sluice | Flux | ratio | Flux (defaults) |',
    '| P1 | 2 (1 to 3) | 40 | 0.050 | 120 |',
  ]);
});

test('columns stand in the given order, whoever ran first', () => {
  const runs = [outcome('Flux', { P1: { value: 4 } }), outcome('Sluice', { P1: { value: 2 } })];
  expect(rowsOf(runs)).toEqual(['|  | Sluice | Flux | ratio |', '| P1 | 2 | 4 | 0.50 |']);
});

test('what was given up is larger than everything, and stands with its limit', () => {
  const late = { value: 120, over: true };
  const runs = [
    outcome('Sluice', { P5: { value: 0.6 }, P4: late }),
    outcome('Flux', { P5: { value: 118 }, P4: { value: 60 } }),
    outcome('Flux', { P5: late, P4: { value: 60 } }),
    outcome('Flux', { P5: late, P4: { value: 60 } }),
  ];
  expect(rowsOf(runs).slice(1)).toEqual([
    '| P5 | 0.60 | > 120 (118 to > 120) | < 0.0050 |',
    '| P4 | > 120 | 60 (60 to 60) | > 2 |',
  ]);
});

test('a failure of one stands below the figures of all', () => {
  const failed = {
    contestant: 'Flux',
    run: 2,
    results: { drift: { figures: {}, costs: {}, failure: 'it fell' } },
  };
  const { figures: text } = tablesOf([outcome('Sluice', { P1: { value: 1 } }), failed], order);
  expect(text).toContain('| P1 | 1 |');
  expect(text.endsWith('- Flux, run 2, drift: it fell')).toBe(true);
});

test('what a stretch cost stands below its seconds, but for what is nothing for everybody', () => {
  const cost = {
    seconds: 5,
    cpu: { own: { worker: 3, bridge: 1 }, temporal: { temporal: 2 }, plane: { etcd: 1 } },
    peakMiB: { own: { worker: 300 }, temporal: {}, plane: {} },
    requests: { GET: 7, POST: 0 },
    historyEvents: 40,
    elsewhere: 0,
  };
  const run = {
    contestant: 'Sluice',
    run: 1,
    results: { many: { figures: { P1: { value: 5 } }, costs: { P1: cost } } },
  };
  const rows = rowsOf([run]).slice(1);
  expect(rows[0]).toBe('| P1 | 5 |');
  expect(rows).toContain('| · CPU-seconds of its own | 4 |');
  expect(rows).toContain('| · CPU-seconds of all together | 7 |');
  expect(rows).toContain('| · API requests | 7 |');
  expect(rows).toContain('| · events of Temporal | 40 |');
  expect(rows.join()).not.toContain('GET');
  const { parts } = tablesOf([run], order);
  expect(parts).toContain('| P1: CPU-seconds, worker | 3 |');
  expect(parts).toContain('| P1: peak MiB, worker | 300 |');
  expect(parts).toContain('| P1: API requests, GET | 7 |');
  expect(parts).not.toContain('POST');
});

function outcome(contestant: string, figures: Record<string, Figure>): Outcome {
  return { contestant, run: 1, results: { race: { figures, costs: {} } } };
}

function rowsOf(outcomes: Outcome[]): string[] {
  return tablesOf(outcomes, order)
    .figures.split('\n')
    .filter((line) => !line.includes('---'));
}
