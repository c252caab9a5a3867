import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Stack } from '../../deploy/dev/index.ts';
import type { Course } from './course.ts';
import { countHistoryEvents } from './history-events.ts';
import { difference, sum, type ByGroup, type Cost } from './outcome.ts';
import { cpuSeconds, machineSeconds, peakMiB, resetPeak } from './processes.ts';

/** Measures from now until the function that it gives is called; what measuring itself takes is outside of it. */
export async function meter(course: Course): Promise<() => Promise<Cost>> {
  const { processes, stack } = course.running;
  const before = {
    events: await eventsOf(course),
    requests: await requestsByVerb(stack),
    looks: { ...course.looks },
  };
  await each(processes, resetPeak);
  const cpuBefore = await readCpu(processes);
  const begun = performance.now();
  return async () => {
    const seconds = (performance.now() - begun) / 1000;
    const looks = difference(course.looks, before.looks);
    const now = await readCpu(processes);
    const cpu = {
      own: difference(now.cpu.own, cpuBefore.cpu.own),
      temporal: difference(now.cpu.temporal, cpuBefore.cpu.temporal),
      plane: difference(now.cpu.plane, cpuBefore.cpu.plane),
    };
    const measured = Object.values(cpu).reduce((total, group) => total + sum(group), 0);
    const all = difference(await requestsByVerb(stack), before.requests);
    const events = await eventsOf(course);
    return {
      seconds,
      cpu,
      peakMiB: await each(processes, peakMiB),
      requests: difference(all, { ...looks, GET: (looks['GET'] ?? 0) + ownReadings }),
      ...(before.events === undefined ? {} : { historyEvents: (events ?? 0) - before.events }),
      elsewhere: Math.max(0, now.machine - cpuBefore.machine - measured),
    };
  };
}

/** What some function gives for every process. */
export async function each<T>(
  { own, temporal, plane }: ByGroup,
  read: (pid: number) => Promise<T>,
): Promise<ByGroup<T>> {
  const group = async (pids: Readonly<Record<string, number>>): Promise<Record<string, T>> => {
    const entries = Object.entries(pids).map(
      async ([name, pid]) => [name, await read(pid)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  };
  return { own: await group(own), temporal: await group(temporal), plane: await group(plane) };
}

/** Requests by verb in the metrics of an API server, without leases, which the parts of a cluster renew all the time. Watches are left out: they count when they end. */
export function countRequests(metrics: string): Record<string, number> {
  const counts: Record<string, number> = {};
  const lines = metrics.matchAll(
    /^apiserver_request_total\{(?!.*resource="leases").*verb="([A-Z]+)".*\} (\S+)$/gm,
  );
  for (const [, verb = '', count] of lines) {
    if (verb !== 'WATCH') counts[verb] = (counts[verb] ?? 0) + Number(count);
  }
  return counts;
}

/** The reading at the beginning is counted by the server in the one at the end. */
const ownReadings = 1;

async function readCpu(processes: ByGroup): Promise<{ cpu: ByGroup; machine: number }> {
  return { cpu: await each(processes, cpuSeconds), machine: await machineSeconds() };
}

async function eventsOf({ running, space }: Course): Promise<number | undefined> {
  const hasTemporal = Object.keys(running.processes.temporal).length > 0;
  return hasTemporal ? countHistoryEvents(space.temporal) : undefined;
}

async function requestsByVerb({ kubeconfig, tools }: Stack): Promise<Record<string, number>> {
  const args = ['--kubeconfig', kubeconfig, 'get', '--raw', '/metrics'];
  const options = { maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(tools['kubectl'] ?? 'kubectl', args, options);
  return countRequests(stdout);
}
