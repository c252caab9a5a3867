import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Stack } from '../../deploy/dev/index.ts';
import type { Running } from './contestants.ts';

/** What a stretch of a race cost: CPU-seconds and peak memory (MiB) by process, requests by verb without leases and without the bench's own. */
export interface Cost {
  readonly seconds: number;
  readonly cpu: Readonly<Record<string, number>>;
  readonly peakMiB: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, number>>;
}

/** Measures from now until the function that it gives is called. `looks` tells how many requests by verb the bench has made to watch the race. */
export async function meter(
  running: Running,
  looks: () => Readonly<Record<string, number>>,
): Promise<() => Promise<Cost>> {
  const processes = { ...running.own, ...running.plane };
  await Promise.all(Object.values(processes).map(resetPeak));
  const before = {
    requests: await requestsByVerb(running.stack),
    looks: { ...looks() },
    cpu: await each(processes, cpuSeconds),
  };
  const begun = performance.now();
  return async () => {
    const seconds = (performance.now() - begun) / 1000;
    const cpu = difference(await each(processes, cpuSeconds), before.cpu);
    const peakMiB = await each(processes, peakMemory);
    const all = difference(await requestsByVerb(running.stack), before.requests);
    const requests = difference(all, difference(looks(), before.looks));
    return { seconds, cpu, peakMiB, requests };
  };
}

/** Memory that some processes hold now, in MiB. */
export async function residentMiB(
  pids: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  return each(pids, (pid) => statusField(pid, 'VmRSS'));
}

async function each(
  pids: Readonly<Record<string, number>>,
  read: (pid: number) => Promise<number>,
): Promise<Record<string, number>> {
  const entries = Object.entries(pids).map(async ([name, pid]) => [name, await read(pid)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Its own time and that of children which have ended; the kernel counts a hundredth of a second. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
  return ticks / 100;
}

const peakMemory = (pid: number): Promise<number> => statusField(pid, 'VmHWM');

async function statusField(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
}

/** Where it is not allowed the peak is that of the whole life. */
async function resetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
}

async function requestsByVerb({ kubeconfig, tools }: Stack): Promise<Record<string, number>> {
  const args = ['--kubeconfig', kubeconfig, 'get', '--raw', '/metrics'];
  const options = { maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(tools['kubectl'] ?? 'kubectl', args, options);
  const counts: Record<string, number> = {};
  // Leases are what the parts of the cluster renew all the time.
  for (const [, verb = '', count] of stdout.matchAll(
    /^apiserver_request_total\{(?!.*resource="leases").*verb="([A-Z]+)".*\} (\d+)$/gm,
  )) {
    counts[verb] = (counts[verb] ?? 0) + Number(count);
  }
  return counts;
}

function difference(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]),
  );
}
