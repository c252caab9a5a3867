import { join } from 'node:path';
import { killPart, startStack, stopStack, type Stack } from '../../deploy/dev/index.ts';
import { rm } from 'node:fs/promises';
import { installFluxCrds, startController, type Controller } from '../../test/support/flux.ts';
import { startSystem } from '../../test/support/system.ts';

/** One that takes part in the races: it brings up a control plane of its own, with nothing else on it. */
export interface Contestant {
  readonly name: string;
  start(dir: string): Promise<Running>;
}

/** A contestant that runs, with the process ids of its own parts and of the control plane's. */
export interface Running {
  readonly stack: Stack;
  readonly own: Readonly<Record<string, number>>;
  readonly plane: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** Sluice as it is installed: one worker and one bridge with their defaults, and Temporal. */
export const sluice: Contestant = {
  name: 'Sluice',
  async start(dir) {
    const system = await startSystem(dir);
    const { services, stack } = system;
    const own = Object.fromEntries(
      (['worker', 'bridge'] as const).map((name) => [name, services.pid(name) ?? 0]),
    );
    return { stack, own, plane: pidsOf(stack), stop: () => system.stop() };
  },
};

/** Flux's source-controller and kustomize-controller with these settings, and no Temporal. */
export function flux(name: string, settings: readonly string[]): Contestant {
  return { name, start: (dir) => startFlux(dir, settings) };
}

/** What the benchmarks of Flux's own documentation set. */
export const tunedFlux = ['--concurrent=20', '--requeue-dependency=5s'];

async function startFlux(dir: string, settings: readonly string[]): Promise<Running> {
  const stack = await startStack({ dir: join(dir, 'stack'), respectEnvironment: false });
  const controllers: Controller[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(controllers.map((controller) => controller.stop()));
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
    const parts = Object.entries(pidsOf(stack)).filter(([name]) => name !== 'temporal');
    return { stack, own, plane: Object.fromEntries(parts), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function pidsOf({ processes }: Stack): Record<string, number> {
  return Object.fromEntries(Object.entries(processes).map(([name, { pid }]) => [name, pid]));
}
