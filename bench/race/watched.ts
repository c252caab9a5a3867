import type { Contestant, Running, StartOptions } from './contestants.ts';
import { isThere } from './processes.ts';
import { collectProfile } from './profiles.ts';

/**
 * Starts a contestant whose races are interrupted when one of its processes ends, and which keeps the measurements of its profiles before
 * it ends them. Stopping it raises nothing: the races to come are worth more than a clean end, so what failed is told on standard error.
 */
export async function startWatched(
  contestant: Contestant,
  options: Omit<StartOptions, 'signal'>,
  signal: AbortSignal,
): Promise<Running> {
  const died = new AbortController();
  const any = AbortSignal.any([signal, died.signal]);
  const running = await contestant.start({ ...options, signal: any });
  const { profileDir } = options;
  const collect = profileDir ? collectProfile(profileDir, running.processes.own) : undefined;
  const watch = setInterval(() => {
    const [name] = Object.entries(running.processes.own).find(([, pid]) => !isThere(pid)) ?? [];
    if (name !== undefined) died.abort(new Error(`the process ${name} has ended`));
  }, 1000);
  const endOwn = async (): Promise<void> => {
    clearInterval(watch);
    await collect?.().catch(tell);
    await running.endOwn();
  };
  const stop = async (): Promise<void> => {
    clearInterval(watch);
    await collect?.().catch(tell);
    await running.stop().catch(tell);
  };
  return { ...running, endOwn, stop };
}

function tell(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
