import { z } from 'zod';

const amounts = z.record(z.string(), z.number());

/** Amounts by process, in three groups: the contestant's own processes, Temporal's server, the parts of the control plane. */
const byGroup = z.object({ own: amounts, temporal: amounts, plane: amounts });
export type ByGroup<T = number> = Readonly<
  Record<keyof z.infer<typeof byGroup>, Record<string, T>>
>;

/** One figure of a race; seconds unless its name says otherwise. With `over` the race was given up at that value. */
const figure = z.object({ value: z.number(), over: z.boolean().optional() });
export type Figure = Readonly<z.infer<typeof figure>>;

/**
 * What a stretch of a race cost: CPU-seconds and peak memory (MiB) by process, requests to the API server by verb without leases and
 * without the bench's own, events that Temporal wrote into histories, and CPU-seconds of everything else on the machine, the bench with it.
 */
const cost = z.object({
  seconds: z.number(),
  cpu: byGroup,
  peakMiB: byGroup,
  requests: amounts,
  historyEvents: z.number().optional(),
  elsewhere: z.number(),
});
export type Cost = Readonly<z.infer<typeof cost>>;

const result = z.object({
  figures: z.record(z.string(), figure),
  costs: z.record(z.string(), cost),
  failure: z.string().optional(),
});

/** What one race gave: figures and costs by name, and why it ended early if it did. */
export type Result = z.infer<typeof result>;

const outcome = z.object({
  contestant: z.string(),
  run: z.number(),
  results: z.record(z.string(), result),
});

/** What a contestant reached in one run, by race. */
export type Outcome = z.infer<typeof outcome>;

const report = z.object({
  head: z.record(z.string(), z.string()),
  outcomes: z.array(outcome),
});

/** Everything that a bench has found, with the machine and the versions in its head. */
export type Report = Readonly<z.infer<typeof report>>;

/** Reads a report that was written as JSON; raises a ZodError for anything else. */
export function parseReport(text: string): Report {
  return report.parse(JSON.parse(text));
}

/** The sum of some amounts. */
export function sum(amounts: Readonly<Record<string, number>>): number {
  return Object.values(amounts).reduce((total, amount) => total + amount, 0);
}

/** What was added from one reading to the next, by name. */
export function difference(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]),
  );
}
