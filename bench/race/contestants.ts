import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { killPart, startStack, stopStack, type Stack } from '../../deploy/dev/index.ts';
import { installFluxCrds, startController, type Controller } from '../../test/support/flux.ts';
import { compiledCode } from '../../test/support/compiled.ts';
import { startSystem } from '../../test/support/system.ts';
import type { ByGroup } from './outcome.ts';

/** One that takes part in the races: it brings up a control plane of its own, with nothing else on it. */
export interface Contestant {
  readonly name: string;
  start(options: StartOptions): Promise<Running>;
}

/** Where a contestant keeps its files, what interrupts its races, and where its processes write CPU profiles if any are wanted. */
export interface StartOptions {
  readonly dir: string;
  readonly signal: AbortSignal;
  readonly profileDir?: string | undefined;
}

/** A contestant that runs, with the process ids of its parts. */
export interface Running {
  readonly stack: Stack;
  readonly signal: AbortSignal;
  readonly processes: ByGroup;
  /** Ends the contestant's own processes; the control plane stays. */
  endOwn(): Promise<void>;
  hasEnded(): boolean;
  /** Ends everything and removes its files. */
  stop(): Promise<void>;
}

/** A contestant in one of its races. */
export interface Racing extends Running {
  /** No race follows on the same control plane, so nothing has to be deleted after it. */
  readonly isLast: boolean;
}

/** Sluice as it is installed: one worker and one bridge with their defaults, and Temporal. */
export const sluice: Contestant = {
  name: 'Sluice',
  async start(options) {
    const compiled = await compiledCode(join(options.dir, 'code'));
    const nodeArguments = await profiled(options);
    const system = await startSystem(options.dir, {}, { compiled, nodeArguments });
    const { services, stack } = system;
    const own = Object.fromEntries(
      (['worker', 'bridge'] as const).map((name) => [name, services.pid(name) ?? 0]),
    );
    return running(stack, options, {
      own,
      endOwn: () => services.stopAll(),
      stop: () => system.stop(),
    });
  },
};

/** Flux's source-controller and kustomize-controller with these settings, and no Temporal. */
export function flux(name: string, settings: readonly string[]): Contestant {
  return { name, start: (options) => startFlux(options, settings) };
}

/** What the benchmarks of Flux's own documentation set. */
export const tunedFlux = ['--concurrent=20', '--requeue-dependency=5s'];

async function profiled({
  profileDir,
}: StartOptions): Promise<Record<'worker' | 'bridge', string[]>> {
  const args = async (name: string): Promise<string[]> => {
    if (profileDir === undefined) return [];
    const dir = join(profileDir, name);
    await mkdir(dir, { recursive: true });
    return ['--cpu-prof', `--cpu-prof-dir=${dir}`];
  };
  return { worker: await args('worker'), bridge: await args('bridge') };
}

async function startFlux(options: StartOptions, settings: readonly string[]): Promise<Running> {
  const { dir } = options;
  const stack = await startStack({ dir: join(dir, 'stack'), respectEnvironment: false });
  const controllers: Controller[] = [];
  const endOwn = async (): Promise<void> => {
    await Promise.all(controllers.map((controller) => controller.stop()));
  };
  const stop = async (): Promise<void> => {
    await endOwn();
    await stopStack(stack.dir, { purge: true });
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await killPart(stack.dir, 'temporal');
    await installFluxCrds(stack);
    const own: Record<string, number> = {};
    for (const name of ['source-controller', 'kustomize-controller'] as const) {
      const given = name === 'kustomize-controller' ? settings : [];
      const controller = await startController(name, stack, { dir, settings: given });
      controllers.push(controller);
      own[name] = controller.pid;
    }
    const parts = Object.entries(stack.processes).filter(([name]) => name !== 'temporal');
    return running({ ...stack, processes: Object.fromEntries(parts) }, options, {
      own,
      endOwn,
      stop,
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

function running(
  stack: Stack,
  { signal }: StartOptions,
  {
    own,
    endOwn,
    stop,
  }: {
    readonly own: Record<string, number>;
    readonly endOwn: () => Promise<void>;
    readonly stop: () => Promise<void>;
  },
): Running {
  const processes: ByGroup = { own, temporal: {}, plane: {} };
  for (const [name, { pid }] of Object.entries(stack.processes)) {
    processes[name === 'temporal' ? 'temporal' : 'plane'][name] = pid;
  }
  let ended = false;
  return {
    stack,
    signal,
    processes,
    async endOwn() {
      ended = true;
      await endOwn();
      for (const name of Object.keys(own)) delete own[name];
    },
    hasEnded: () => ended,
    stop,
  };
}
