import type { RunResult } from './round.ts';

/** The totals of some runs in words: runs, commits, checks, violations, and the faults by their names and the stages they hit. */
export function summaryOf(results: readonly RunResult[]): string {
  const sum = (count: (result: RunResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  const facts = [
    `${results.length} runs`,
    `${sum(({ commits }) => commits)} commits`,
    `${sum(({ faults }) => faults.filter(({ skipped }) => !skipped).length)} faults`,
    `${sum(({ checks }) => checks)} checks`,
    `${sum(({ violations }) => violations.length)} violations in ${results.filter(({ violations }) => violations.length > 0).length} runs`,
  ];
  const rows = [...faultsByStage(results)].sort(([one], [other]) => one.localeCompare(other));
  const lines = rows.map(([name, { total, stages }]) => {
    const parts = [...stages].map(([stage, count]) => `${stage} ${count}`).sort();
    return `${name}: ${total} (${parts.join(', ')})\n`;
  });
  return `${lines.join('')}${facts.join(', ')}\n`;
}

interface Count {
  total: number;
  /** A fault may hit several objects, each in a stage of its own. */
  readonly stages: Map<string, number>;
}

function faultsByStage(results: readonly RunResult[]): Map<string, Count> {
  const found = new Map<string, Count>();
  for (const { name, stages, skipped } of results.flatMap(({ faults }) => faults)) {
    if (skipped) continue;
    const count: Count = found.get(name) ?? { total: 0, stages: new Map() };
    count.total++;
    for (const stage of stages) count.stages.set(stage, (count.stages.get(stage) ?? 0) + 1);
    found.set(name, count);
  }
  return found;
}
