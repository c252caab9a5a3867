import { parseArgs } from 'node:util';
import { flux, sluice, tunedFlux, type Contestant } from './contestants.ts';
import { chain } from './races/chain.ts';
import { day } from './races/day.ts';
import { drift } from './races/drift.ts';
import { fix } from './races/fix.ts';
import { large } from './races/large.ts';
import { many } from './races/many.ts';
import type { Race } from './races/race.ts';

/** What is to be raced, by whom and how often. */
export interface Plan {
  readonly runs: number;
  readonly contestants: readonly Contestant[];
  readonly program: ReadonlyMap<string, Race>;
  /** Every race gets a control plane and processes of its own; otherwise the races of a contestant follow each other on one. */
  readonly fresh: boolean;
  readonly out: string | undefined;
  /** A report whose figures stand in the table, too. */
  readonly also: string | undefined;
  readonly profile: string | undefined;
}

/** All contestants by the name that selects them; the table has them in this order. */
export const contestants: Readonly<Record<string, Contestant>> = {
  sluice,
  flux: flux('Flux (20 at a time)', tunedFlux),
  'flux-defaults': flux('Flux (defaults)', []),
};

/** The plan of a command line; raises an Error that tells what is wrong with it. */
export function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({ args: [...args], options });
  const usual = values.quick ? quick : full;
  const sizes = {
    many: numbers('many', values.many ?? usual.many),
    objects: number('objects', values.objects ?? usual.objects),
    idleMinutes: number('idle-minutes', values['idle-minutes'] ?? usual.idleMinutes),
    day: numbers('day', values.day ?? usual.day),
    chain: usual.chain,
    rounds: usual.rounds,
    driftInterval: usual.driftInterval,
    fixSeconds: usual.fixSeconds,
    dayHealthSeconds: usual.dayHealthSeconds,
  };
  const who = values.contestants ?? (values.profile ? 'sluice' : usual.contestants);
  const runs = values.runs ?? (values.profile ? '1' : usual.runs);
  return {
    runs: number('runs', runs),
    contestants: [...pick(new Map(Object.entries(contestants)), who).values()],
    program: programOf(sizes, values.only),
    fresh: !values.quick,
    out: values.out,
    also: values.also,
    profile: values.profile,
  };
}

const options = {
  quick: { type: 'boolean', default: false },
  runs: { type: 'string' },
  only: { type: 'string' },
  many: { type: 'string' },
  objects: { type: 'string' },
  day: { type: 'string' },
  'idle-minutes': { type: 'string' },
  contestants: { type: 'string' },
  out: { type: 'string' },
  also: { type: 'string' },
  profile: { type: 'string' },
} as const;

const quick = {
  runs: '1',
  many: '30',
  objects: '300',
  day: '20,6,2',
  idleMinutes: '0',
  chain: 4,
  rounds: 1,
  driftInterval: '20s',
  fixSeconds: 30,
  dayHealthSeconds: 10,
  contestants: 'sluice,flux',
};

const full: typeof quick = {
  runs: '3',
  many: '100,300,1000',
  objects: '3000',
  day: '300,60,5',
  idleMinutes: '10',
  chain: 10,
  rounds: 5,
  driftInterval: '1m',
  fixSeconds: 60,
  dayHealthSeconds: 20,
  contestants: 'sluice,flux,flux-defaults',
};

interface Sizes {
  readonly many: readonly number[];
  readonly objects: number;
  readonly idleMinutes: number;
  readonly day: readonly number[];
  readonly chain: number;
  readonly rounds: number;
  readonly driftInterval: string;
  readonly fixSeconds: number;
  readonly dayHealthSeconds: number;
}

/** The largest of the many idles at the end, after which nothing can be raced on the same control plane. */
function programOf(sizes: Sizes, only: string | undefined): ReadonlyMap<string, Race> {
  const counts = [...sizes.many].sort((a, b) => a - b);
  const [members = 0, commits = 0, seconds = 0] = sizes.day;
  const races = new Map<string, readonly [string, Race][]>([
    [
      'many',
      counts.map((count): [string, Race] => {
        const isLargest = count === counts.at(-1);
        return [`many ${count}`, many(count, isLargest ? sizes.idleMinutes : 0)];
      }),
    ],
    ['drift', [['drift', drift(sizes.rounds, sizes.driftInterval)]]],
    ['chain', [['chain', chain(sizes.chain)]]],
    ['fix', [['fix', fix(sizes.fixSeconds)]]],
    ['large', [['large', large(sizes.objects)]]],
    ['day', [['day', day({ members, commits, seconds, healthSeconds: sizes.dayHealthSeconds })]]],
  ]);
  const chosen = only === undefined ? races : pick(races, only);
  return new Map([...chosen.values()].flat());
}

function pick<T>(from: ReadonlyMap<string, T>, names: string): Map<string, T> {
  const entries = names.split(',').map((name): [string, T] => {
    const value = from.get(name);
    if (value === undefined) {
      throw new Error(`there is no ${name}: choose of ${[...from.keys()].join(', ')}`);
    }
    return [name, value];
  });
  return new Map(entries);
}

function numbers(option: string, text: string): number[] {
  return text.split(',').map((part) => number(option, part));
}

function number(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new Error(`--${option} takes numbers, not '${text}'`);
  }
  return value;
}
