import { parseArgs } from 'node:util';
import { parseDuration } from '../../api/index.ts';
import { liveAMonth, type Month } from './month.ts';
import { playMessages } from './play-messages.ts';

/**
 * The loop of the workflows for longer than in the tests: a month with short intervals, or thousands of messages. Prints figures.
 *
 * Usage: npx tsx test/loop/main.ts month [--interval 10m]
 *        npx tsx test/loop/main.ts messages [--seed 1] [--subjects 100] [--bursts 20]
 */
const { values: wanted, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    interval: { type: 'string', default: '10m' },
    seed: { type: 'string', default: '1' },
    subjects: { type: 'string', default: '100' },
    bursts: { type: 'string', default: '20' },
  },
});

const begun = Date.now();
const [what = ''] = positionals;
if (what === 'month') {
  const interval = parseDuration(wanted.interval);
  tellMonth(await liveAMonth({ kustomization: interval, source: interval }));
} else if (what === 'messages') {
  const { seed, subjects, bursts } = wanted;
  const game = { seed: Number(seed), subjects: Number(subjects), bursts: Number(bursts) };
  const { faults, ...figures } = await playMessages(game);
  tell('messages', figures);
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} else {
  throw new Error(`'${what}' is neither month nor messages`);
}
tell('took', { seconds: Math.round((Date.now() - begun) / 1000) });

function tellMonth({ runs: all, heapMiB, ended }: Month): void {
  for (const [name, runs] of Object.entries(all)) {
    const within = runs.filter((run) => run.begun < ended);
    const timers = within.flatMap((run) => run.timers);
    const late = timers.map(({ begun: at, delayMs, fired = at + delayMs }) => fired - at - delayMs);
    tell(name, {
      runs: within.length,
      timers: timers.length,
      'latest ms': Math.max(...late),
      'events at most': Math.max(...runs.map(({ events }) => events)),
      'bytes at most': Math.max(...runs.map(({ bytes }) => bytes)),
    });
  }
  tell('heap in MiB', { 'day 2': Math.round(heapMiB.early), 'day 30': Math.round(heapMiB.late) });
}

function tell(name: string, figures: Readonly<Record<string, number>>): void {
  const words = Object.entries(figures).map(([what, value]) => `${what} ${value}`);
  process.stdout.write(`${name}: ${words.join(', ')}\n`);
}
