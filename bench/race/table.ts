import { median } from './median.ts';
import { sum, type Figure, type Outcome, type Result } from './outcome.ts';

/**
 * A Markdown table of medians with their range, one row a figure, one column a contestant in the given order, and behind the second one
 * the ratio of the first to it. Below the seconds of a stretch stands what it cost. A figure that was given up stands with its limit,
 * `> 120`. Below the table are the races that failed.
 */
export function markdown(outcomes: readonly Outcome[], order: readonly string[]): string {
  const contestants = order.filter((name) => outcomes.some((one) => one.contestant === name));
  const lines = [...groupsOf(outcomes).values()]
    .flatMap((rows) => [...rows])
    .filter(([, row]) => isTold(row))
    .map(([title, row]) => {
      const values = contestants.map((contestant) => row.get(contestant) ?? []);
      return [title, ...withRatio(values.map(spread), ratio(values[0], values[1]))];
    });
  const head = ['', ...withRatio(contestants, 'ratio')];
  const table = [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
  return [table, ...failuresOf(outcomes)].join('\n');
}

/** What each contestant reached, one or more times. */
type Row = Map<string, Figure[]>;

/** Rows by title, in groups that begin with a figure of a race: contestants have processes of different names. */
function groupsOf(outcomes: readonly Outcome[]): Map<string, Map<string, Row>> {
  const groups = new Map<string, Map<string, Row>>();
  const told = outcomes.flatMap(({ contestant, results }) =>
    Object.values(results).flatMap((result) =>
      Object.entries(result.figures).map(
        ([name, figure]) =>
          [contestant, name, [[name, figure], ...costRows(result, name)]] as const,
      ),
    ),
  );
  for (const [contestant, name, titles] of told) {
    const rows = groups.get(name) ?? new Map<string, Row>();
    groups.set(name, rows);
    for (const [title, figure] of titles) {
      const row: Row = rows.get(title) ?? new Map<string, Figure[]>();
      rows.set(title, row.set(contestant, [...(row.get(contestant) ?? []), figure]));
    }
  }
  return groups;
}

function costRows({ costs }: Result, name: string): [string, Figure][] {
  const cost = costs[name];
  if (cost === undefined) return [];
  const { cpu, peakMiB, requests, historyEvents, elsewhere } = cost;
  const byName = (what: string, amounts: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(amounts).map(([name, value]) => [`${what}, ${name}`, value]);
  const amounts: [string, number | undefined][] = [
    ['CPU-seconds of its own', sum(cpu.own)],
    ...byName('CPU-seconds', cpu.own),
    ['CPU-seconds of Temporal', cpu.temporal['temporal']],
    ['CPU-seconds of the control plane', sum(cpu.plane)],
    ['CPU-seconds, kube-apiserver', cpu.plane['kube-apiserver']],
    ['CPU-seconds of all together', sum(cpu.own) + sum(cpu.temporal) + sum(cpu.plane)],
    ['CPU-seconds elsewhere on the machine', elsewhere],
    ['peak MiB of its own', sum(peakMiB.own)],
    ...byName('peak MiB', peakMiB.own),
    ['peak MiB of Temporal', peakMiB.temporal['temporal']],
    ['peak MiB of the control plane', sum(peakMiB.plane)],
    ['API requests', sum(requests)],
    ...byName('API requests', requests),
    ['events of Temporal', historyEvents],
  ];
  return amounts.flatMap(([what, value]): [string, Figure][] =>
    value === undefined ? [] : [[`· ${what}`, { value }]],
  );
}

/** A row of zeros tells nothing. */
function isTold(row: Row): boolean {
  return [...row.values()].flat().some(({ value }) => value !== 0);
}

function withRatio(cells: readonly string[], ratio: string): string[] {
  return cells.length < 2 ? [...cells] : [...cells.slice(0, 2), ratio, ...cells.slice(2)];
}

/** What was given up counts as larger than everything. */
function middle(figures: readonly Figure[]): number {
  return median(figures.map(({ value, over }) => (over ? Infinity : value)));
}

function spread(figures: readonly Figure[]): string {
  if (figures.length === 0) return '';
  const all = figures.map(({ value, over }) => (over ? Infinity : value));
  const limit = Math.max(...figures.map(({ value, over }) => (over ? value : 0)));
  const told = (value: number): string => (value === Infinity ? `> ${short(limit)}` : short(value));
  const range = all.length > 1 ? ` (${told(Math.min(...all))} to ${told(Math.max(...all))})` : '';
  return `${told(middle(figures))}${range}`;
}

function ratio(ours: readonly Figure[] = [], theirs: readonly Figure[] = []): string {
  if (ours.length === 0 || theirs.length === 0) return '';
  const [above, below] = [middle(ours), middle(theirs)];
  if (below === 0 || (above === Infinity && below === Infinity)) return '';
  if (above === Infinity) return `> ${short(limitOf(ours) / below)}`;
  if (below === Infinity) return `< ${short(above / limitOf(theirs))}`;
  return short(above / below);
}

function limitOf(figures: readonly Figure[]): number {
  return Math.max(...figures.filter(({ over }) => over).map(({ value }) => value));
}

function short(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (value >= 100) return value.toFixed(0);
  return value.toPrecision(value >= 1 ? 3 : 2);
}

function failuresOf(outcomes: readonly Outcome[]): string[] {
  const failures = outcomes.flatMap(({ contestant, run, results }) =>
    Object.entries(results).flatMap(([race, { failure }]) =>
      failure === undefined ? [] : [`- ${contestant}, run ${run}, ${race}: ${failure}`],
    ),
  );
  return failures.length === 0 ? [] : ['', 'Ended early:', '', ...failures];
}
