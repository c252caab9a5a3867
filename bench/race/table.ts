import { median } from './median.ts';
import { sum, type Figure, type Outcome, type Result } from './outcome.ts';

/** The figures of all contestants as Markdown. */
export interface Tables {
  /** What was reached, and below the seconds of a stretch what it cost in all; then the races that failed. */
  readonly figures: string;
  /** The same costs by process and by verb. */
  readonly parts: string;
}

/**
 * Tables of medians with their range, one row a figure, one column a contestant in the given order, and behind the second one the ratio
 * of the first to it. A figure that was given up stands with its limit, `> 120`.
 */
export function tablesOf(outcomes: readonly Outcome[], order: readonly string[]): Tables {
  const contestants = order.filter((name) => outcomes.some((one) => one.contestant === name));
  const figures = table(
    groupsOf(outcomes, (result, name, figure) => [[name, figure], ...costRows(result, name)]),
    contestants,
  );
  const parts = table(
    groupsOf(outcomes, (result, name) => partRows(result, name)),
    contestants,
  );
  return { figures: [figures, ...failuresOf(outcomes)].join('\n'), parts };
}

/** What each contestant reached, one or more times. */
type Row = Map<string, Figure[]>;
type Titled = readonly [title: string, figure: Figure];

function table(
  groups: ReadonlyMap<string, ReadonlyMap<string, Row>>,
  contestants: readonly string[],
): string {
  const lines = [...groups.values()]
    .flatMap((rows) => [...rows])
    .filter(([, row]) => isTold(row))
    .map(([title, row]) => {
      const values = contestants.map((contestant) => row.get(contestant) ?? []);
      return [title, ...withRatio(values.map(spread), ratio(values[0], values[1]))];
    });
  const head = ['', ...withRatio(contestants, 'ratio')];
  return [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** Rows by title, in groups that begin with a figure of a race: contestants have processes of different names. */
function groupsOf(
  outcomes: readonly Outcome[],
  rowsOf: (result: Result, name: string, figure: Figure) => Titled[],
): Map<string, Map<string, Row>> {
  const groups = new Map<string, Map<string, Row>>();
  const told = outcomes.flatMap(({ contestant, results }) =>
    Object.values(results).flatMap((result) =>
      Object.entries(result.figures).map(
        ([name, figure]) => [contestant, name, rowsOf(result, name, figure)] as const,
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

function costRows({ costs }: Result, name: string): Titled[] {
  const cost = costs[name];
  if (cost === undefined) return [];
  const { cpu, peakMiB, requests, historyEvents } = cost;
  return titled('· ', {
    'CPU-seconds of its own': sum(cpu.own),
    'CPU-seconds of Temporal': cpu.temporal['temporal'],
    'CPU-seconds of the control plane': sum(cpu.plane),
    'CPU-seconds of all together': sum(cpu.own) + sum(cpu.temporal) + sum(cpu.plane),
    'peak MiB of its own': sum(peakMiB.own),
    'API requests': sum(requests),
    'events of Temporal': historyEvents,
  });
}

function partRows({ costs }: Result, name: string): Titled[] {
  const cost = costs[name];
  if (cost === undefined) return [];
  const { cpu, peakMiB, requests, elsewhere } = cost;
  return [
    ...titled(`${name}: CPU-seconds, `, { ...cpu.own, ...cpu.plane, elsewhere }),
    ...titled(`${name}: peak MiB, `, { ...peakMiB.own, ...peakMiB.temporal, ...peakMiB.plane }),
    ...titled(`${name}: API requests, `, requests),
  ];
}

function titled(start: string, amounts: Readonly<Record<string, number | undefined>>): Titled[] {
  return Object.entries(amounts).flatMap(([what, value]): Titled[] =>
    value === undefined ? [] : [[`${start}${what}`, { value }]],
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
