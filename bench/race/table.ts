import type { Cost } from './cost.ts';
import type { Result } from './races.ts';

/** What a contestant reached in one run, by race. */
export interface Outcome {
  readonly contestant: string;
  readonly results: Readonly<Record<string, Result>>;
}

/** A Markdown table of medians with their range, one row a figure, one column a contestant and the ratio of the first to the second. */
export function markdown(outcomes: readonly Outcome[]): string {
  const contestants = [...new Set(outcomes.map(({ contestant }) => contestant))];
  const rows = new Map<string, Map<string, number[]>>();
  for (const { contestant, results } of outcomes) {
    for (const [name, value] of Object.values(results).flatMap(figuresOf)) {
      const row = rows.get(name) ?? new Map<string, number[]>();
      row.set(contestant, [...(row.get(contestant) ?? []), value]);
      rows.set(name, row);
    }
  }
  const lines = [...rows].map(([name, row]) => {
    const values = contestants.map((contestant) => row.get(contestant) ?? []);
    return [name, ...values.map(spread), ratio(values[0], values[1])];
  });
  const head = ['', ...contestants, `ratio to ${contestants[1] ?? 'nobody'}`];
  return [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function figuresOf({ figures, costs }: Result): [string, number][] {
  return [...Object.entries(figures), ...Object.entries(costs).flatMap(costRows)];
}

function costRows([stretch, { cpu, peakMiB, requests }]: [string, Cost]): [string, number][] {
  const plane = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'];
  const of = (
    amounts: Readonly<Record<string, number>>,
    wanted: (name: string) => boolean,
  ): number =>
    Object.entries(amounts).reduce((sum, [name, amount]) => sum + (wanted(name) ? amount : 0), 0);
  const isOwn = (name: string): boolean => !plane.includes(name) && name !== 'temporal';
  return [
    [`${stretch}: CPU-seconds of its own`, of(cpu, isOwn)],
    [`${stretch}: CPU-seconds of Temporal`, cpu['temporal'] ?? 0],
    [`${stretch}: CPU-seconds of the control plane`, of(cpu, (name) => plane.includes(name))],
    [`${stretch}: peak memory of its own, MiB`, of(peakMiB, isOwn)],
    ...['GET', 'LIST', 'POST', 'PUT', 'PATCH', 'APPLY', 'DELETE'].map((verb): [string, number] => [
      `${stretch}: requests ${verb}`,
      requests[verb] ?? 0,
    ]),
  ];
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return '';
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  const range = values.length > 1 ? ` (${short(at(0))} to ${short(at(sorted.length - 1))})` : '';
  return `${short(median(sorted))}${range}`;
}

function ratio(ours: readonly number[] = [], theirs: readonly number[] = []): string {
  const [above, below] = [ours, theirs].map((values) => median([...values].sort((a, b) => a - b)));
  return above === undefined || !below ? '' : (above / below).toPrecision(2);
}

function median(sorted: readonly number[]): number {
  const [low, high] = [(sorted.length - 1) >> 1, sorted.length >> 1];
  return ((sorted[low] ?? 0) + (sorted[high] ?? 0)) / 2;
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
