import { readdir, readFile, writeFile } from 'node:fs/promises';

/** CPU-seconds of a process so far, with those of its children that have ended; 0 when it is gone. The kernel counts hundredths. */
export async function cpuSeconds(pid: number): Promise<number> {
  return ticksIn(await textOf(`/proc/${pid}/stat`), [11, 12, 13, 14]);
}

/** CPU-seconds of the threads of a process by the threads' name, without its children. */
export async function cpuSecondsByThread(pid: number): Promise<Record<string, number>> {
  const seconds: Record<string, number> = {};
  for (const thread of await readdir(`/proc/${pid}/task`).catch(() => [])) {
    const path = `/proc/${pid}/task/${thread}`;
    const name = (await textOf(`${path}/comm`)).trim();
    seconds[name] = (seconds[name] ?? 0) + ticksIn(await textOf(`${path}/stat`), [11, 12]);
  }
  return seconds;
}

/** CPU-seconds of the whole machine so far. */
export async function machineSeconds(): Promise<number> {
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, soft = 0] = (
    await textOf('/proc/stat')
  )
    .slice(0, 200)
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + interrupts + soft) / ticksPerSecond;
}

/** Memory that a process holds now, in MiB. */
export function residentMiB(pid: number): Promise<number> {
  return statusField(pid, 'VmRSS');
}

/** Most memory that a process held since its peak was reset, in MiB. */
export function peakMiB(pid: number): Promise<number> {
  return statusField(pid, 'VmHWM');
}

/** Lets the peak begin anew. Where that is not allowed it stays that of the whole life. */
export async function resetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
}

/** Whether a process is there. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const ticksPerSecond = 100;

/** The name of a program may contain blanks, so fields are counted behind it. */
function ticksIn(stat: string, at: readonly number[]): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return at.reduce((total, index) => total + Number(fields[index] ?? 0), 0) / ticksPerSecond;
}

async function statusField(pid: number, field: string): Promise<number> {
  const status = await textOf(`/proc/${pid}/status`);
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
