import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { freePort } from './stack/ports.ts';
import type { Stack } from './stack/types.ts';

/** The two processes of ours. */
export type ServiceName = 'worker' | 'bridge';

/** Worker and bridge as separate processes, as in production. */
export interface Services {
  /** Starts a service, or several workers one after the other; resolves when it says that it runs. */
  start(name: ServiceName): Promise<void>;
  /** Ends a service and resolves when it is gone. */
  stop(name: ServiceName, signal?: NodeJS.Signals): Promise<void>;
  /** Ends all that run. */
  stopAll(): Promise<void>;
  /** Path of the log of a service. */
  log(name: ServiceName): string;
  pid(name: ServiceName): number | undefined;
}

/** What the services need of a stack. */
export type ServedStack = Pick<Stack, 'kubeconfig' | 'temporalAddress' | 'tools'>;

/** Settings that go to the services beside those of the stack. */
export interface ServiceOptions {
  /** Where logs and the worker's cache are kept. */
  readonly dir: string;
  readonly temporalNamespace?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Directory of compiled code that is run in place of the TypeScript of this checkout. */
  readonly compiled?: string | undefined;
  /** For Node itself, such as `--cpu-prof`; its NODE_OPTIONS takes not all of them. */
  readonly nodeArguments?: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
}

/** Prepares the services of a stack; starts none of them. */
export async function createServices(
  stack: ServedStack,
  options: ServiceOptions,
): Promise<Services> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  const environment = await environmentOf(stack, options);
  const running = new Map<ServiceName, ChildProcess>();
  const log = (name: ServiceName): string => join(options.dir, `${name}.log`);
  const stop: Services['stop'] = async (name, signal = 'SIGTERM') => {
    const child = running.get(name);
    running.delete(name);
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  };
  return {
    async start(name) {
      const code = commandOf(name, options.compiled);
      const command = [...(options.nodeArguments?.[name] ?? []), ...code];
      const child = spawnService(command, environment, log(name));
      running.set(name, child);
      await untilRunning(child, name, log(name));
    },
    stop,
    async stopAll() {
      await Promise.all([...running.keys()].map((name) => stop(name)));
    },
    log,
    pid: (name) => running.get(name)?.pid,
  };
}

/** The loader that runs TypeScript as it stands. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

const programs: Record<ServiceName, { file: string; ready: string }> = {
  worker: { file: 'worker/main', ready: '"msg":"worker runs"' },
  bridge: { file: 'client/bridge/main', ready: '"msg":"bridge runs"' },
};

function commandOf(name: ServiceName, compiled: string | undefined): string[] {
  const { file } = programs[name];
  if (compiled) return [join(compiled, `${file}.js`)];
  return ['--import', tsx, fileURLToPath(new URL(`../../${file}.ts`, import.meta.url))];
}

async function environmentOf(
  stack: ServedStack,
  { dir, environment, temporalNamespace = 'default' }: ServiceOptions,
): Promise<Record<string, string>> {
  const port = await freePort();
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    KUBECONFIG: stack.kubeconfig,
    TEMPORAL_ADDRESS: stack.temporalAddress,
    TEMPORAL_NAMESPACE: temporalNamespace,
    SLUICE_CACHE_DIR: join(dir, 'worker-cache'),
    SLUICE_KUSTOMIZE: stack.tools['kustomize'] ?? 'kustomize',
    SLUICE_SOPS: stack.tools['sops'] ?? 'sops',
    SLUICE_STORAGE_ADDR: `127.0.0.1:${port}`,
    // Many workers and bridges run on one machine; the system gives each what is free.
    SLUICE_METRICS_ADDR: '127.0.0.1:0',
    SLUICE_HEALTH_ADDR: '127.0.0.1:0',
    SLUICE_RECEIVER_ADDR: '127.0.0.1:0',
    ...environment,
  };
}

function spawnService(
  command: readonly string[],
  env: Record<string, string>,
  logFile: string,
): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', log, log] });
  writeSync(log, `${JSON.stringify({ msg: 'started', pid: child.pid })}\n`);
  closeSync(log);
  return child;
}

async function untilRunning(child: ChildProcess, name: ServiceName, log: string): Promise<void> {
  for (const deadline = Date.now() + startTimeoutMs; ;) {
    const lines = await readFile(log, 'utf8').catch(() => '');
    const own = lines.slice(lines.lastIndexOf(`"pid":${String(child.pid)}`));
    if (own.includes(programs[name].ready)) return;
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the ${name} did not start; the end of ${log}:\n${own.slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** On a machine that has much else to do. */
const startTimeoutMs = 180_000;
