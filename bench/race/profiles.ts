import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { difference, sum } from './outcome.ts';
import { cpuSeconds, cpuSecondsByThread } from './processes.ts';
import { CpuProfile, idle, selfTimes, threadOf, type SelfTimes } from './profile.ts';

/** What is measured beside profiles: when the races ran, and the CPU-seconds of each process meanwhile. */
const Raced = z.object({
  from: z.number(),
  to: z.number(),
  processes: z.record(
    z.string(),
    z.object({ pid: z.number(), all: z.number(), threads: z.record(z.string(), z.number()) }),
  ),
});
type Raced = z.infer<typeof Raced>;

/** Begins to measure processes that write profiles below a directory. The function that it gives writes down what was measured, the first time it is called; call it while they still run. */
export function collectProfile(
  dir: string,
  pids: Readonly<Record<string, number>>,
): () => Promise<void> {
  const from = profileClock();
  const processes = Object.entries(pids);
  const before = Promise.all(processes.map(([, pid]) => readingOf(pid)));
  let isDone = false;
  return async () => {
    if (isDone) return;
    isDone = true;
    const raced: Raced = { from, to: profileClock(), processes: {} };
    const first = await before;
    for (const [index, [name, pid]] of processes.entries()) {
      const now = await readingOf(pid);
      const then = first[index] ?? { all: 0, threads: {} };
      const threads = difference(now.threads, then.threads);
      raced.processes[name] = { pid, all: now.all - then.all, threads };
    }
    await writeFile(join(dir, racedFile), JSON.stringify(raced, undefined, 1));
  };
}

/** Tables of where the time went, for every contestant that wrote profiles below the directory; they are written there as profile.md, too. */
export async function profileTables(dir: string): Promise<string> {
  const parts: string[] = [];
  for (const name of (await readdir(dir)).sort()) {
    const text = await readFile(join(dir, name, racedFile), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    parts.push(
      `## From ${name} on`,
      await tablesOf(join(dir, name), Raced.parse(JSON.parse(text))),
    );
  }
  const all = `${parts.join('\n\n')}\n`;
  await writeFile(join(dir, 'profile.md'), all);
  return all;
}

const racedFile = 'raced.json';
const root = fileURLToPath(new URL('../..', import.meta.url));
const mostFunctions = 25;

/** The clock that V8 stamps samples with, in microseconds. */
function profileClock(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

async function readingOf(pid: number): Promise<{ all: number; threads: Record<string, number> }> {
  return { all: await cpuSeconds(pid), threads: await cpuSecondsByThread(pid) };
}

/** A thread of a process, and where its time went. */
interface Thread {
  readonly process: string;
  readonly name: string;
  readonly times: SelfTimes;
}

async function tablesOf(dir: string, raced: Raced): Promise<string> {
  const threads: Thread[] = [];
  for (const [name, { pid }] of Object.entries(raced.processes)) {
    const files = await readdir(join(dir, name));
    for (const file of files.filter((one) => one.includes(`.${pid}.`)).sort()) {
      const text = await readFile(join(dir, name, file), 'utf8');
      const profile = CpuProfile.parse(JSON.parse(text));
      const times = selfTimes(profile, root, raced);
      const thread = threadOf(profile, root, Number(file.split('.').at(4)));
      threads.push({ process: name, name: thread, times });
    }
  }
  return [processTable(raced, threads), placeTable(threads), functionTable(threads)].join('\n\n');
}

/** Threads of other languages are in no profile: what the kernel counted beyond the busy time of JavaScript is theirs. */
function processTable({ from, to, processes }: Raced, threads: readonly Thread[]): string {
  const rows = Object.entries(processes).flatMap(([name, { all, threads: byName }]) => {
    const own = threads.filter((one) => one.process === name);
    const busy = own.reduce((total, { times }) => total + busySeconds(times), 0);
    const kernel = Object.entries(byName).sort(([, a], [, b]) => b - a);
    return [
      [`${name}: all`, all],
      [`${name}: in JavaScript's threads, by the profiles`, busy],
      [`${name}: children that have ended`, all - sum(byName)],
      ...kernel.map(([thread, seconds]): [string, number] => [
        `${name}: threads ${thread}`,
        seconds,
      ]),
    ] as [string, number][];
  });
  const title = `CPU-seconds in ${((to - from) / 1e6).toFixed(0)} s`;
  return table(
    [title, ''],
    rows
      .filter(([, seconds]) => seconds >= 0.01)
      .map(([what, seconds]) => [what, seconds.toFixed(2)]),
  );
}

function placeTable(threads: readonly Thread[]): string {
  const told = threads.filter(({ times }) => busySeconds(times) >= 0.05);
  const all = new Set(told.flatMap(({ times }) => Object.keys(times.places)));
  const secondsAt = (place: string): number =>
    told.reduce((total, { times }) => total + (times.places[place] ?? 0), 0);
  const rows = [...all]
    .filter((place) => place !== idle && secondsAt(place) >= 0.01)
    .sort((a, b) => secondsAt(b) - secondsAt(a));
  const busy = rows.reduce((total, place) => total + secondsAt(place), 0);
  const cells = rows.map((place) => [
    place,
    ...told.map(({ times }) => (times.places[place] ?? 0).toFixed(2)),
    `${((secondsAt(place) * 100) / busy).toFixed(1)} %`,
  ]);
  const idling = ['(idle)', ...told.map(({ times }) => (times.places[idle] ?? 0).toFixed(2)), ''];
  const head = [
    'self time, seconds',
    ...told.map((one) => `${one.process} ${one.name}`),
    'of busy',
  ];
  return table(head, [...cells, idling]);
}

function functionTable(threads: readonly Thread[]): string {
  const rows = threads.flatMap(({ process, name, times }) =>
    Object.entries(times.functions)
      .filter(([title]) => title !== idle)
      .map(([title, seconds]) => ({ who: `${process} ${name}`, title, seconds })),
  );
  const most = rows.sort((a, b) => b.seconds - a.seconds).slice(0, mostFunctions);
  return table(
    ['functions with the most self time', 'thread', 'seconds'],
    most.map(({ title, who, seconds }) => [title, who, seconds.toFixed(2)]),
  );
}

function busySeconds({ places }: SelfTimes): number {
  return sum(places) - (places[idle] ?? 0);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
