import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { startStack, stopStack, type Stack } from '../../deploy/dev/index.ts';
import { createServices, type Services } from '../../deploy/dev/services.ts';
import { freePort } from '../../deploy/dev/stack/ports.ts';
import { compiledCode } from '../support/compiled.ts';
import { installOn } from '../support/system.ts';
import { openHttpGate } from './gates/http-gate.ts';
import { openTcpGate } from './gates/tcp-gate.ts';
import type { Installation, Site, WorkerSite } from './sites.ts';
import { startAll, victimOf } from './victims.ts';

/** Brings an installation up in a directory of its own; what was started is ended again if a part fails. */
export async function openInstallation(): Promise<Installation> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-chaos-'));
  const stack = await startStack({ dir: join(dir, 'stack'), respectEnvironment: false });
  const endings: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of endings.reverse()) await end();
    await stopStack(stack.dir, { purge: !process.env['SLUICE_KEEP'] });
    if (!process.env['SLUICE_KEEP']) await rm(dir, { recursive: true, force: true });
  };
  try {
    return { dir, stack, ...(await installed(dir, stack, endings)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Parts = Omit<Installation, 'dir' | 'stack' | 'stop'>;
type Endings = (() => Promise<unknown>)[];

async function installed(dir: string, stack: Stack, endings: Endings): Promise<Parts> {
  await installOn(stack);
  // Workers are started again many times, and compiled ones start with a quarter of the CPU.
  const compiled = await compiledCode(join(dir, 'code'));
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const workers: WorkerSite[] = [];
  const artifacts = await openHttpGate({
    origin() {
      const alive = ports.slice(0, 2).filter((_, at) => {
        const pid = workers[at]?.services.pid('worker');
        return pid !== undefined && !standsStill(pid);
      });
      const port = alive[Math.floor(Math.random() * alive.length)];
      return port === undefined ? undefined : `http://127.0.0.1:${port}`;
    },
  });
  endings.push(() => artifacts.close());
  const isMounted: boolean[] = [];
  for (const at of [0, 1]) {
    const place = join(dir, `worker-${at}`);
    const cache = join(place, 'worker-cache');
    const clock = join(place, 'clock');
    await mkdir(cache, { recursive: true, mode: 0o700 });
    isMounted.push(await mountDisk(cache, endings));
    await writeFile(clock, '0');
    const environment = {
      NODE_OPTIONS: `--import=${new URL('clock.js', import.meta.url).href}`,
      SLUICE_TEST_CLOCK: clock,
      SLUICE_STORAGE_ADDR: `127.0.0.1:${ports[at] ?? 0}`,
      SLUICE_STORAGE_ADV_ADDR: new URL(artifacts.url).host,
      SLUICE_LOG_LEVEL: 'debug',
    };
    const site = await openSite(stack, `worker-${at}`, {
      dir: place,
      environment,
      compiled,
      endings,
    });
    workers.push({ ...site, cache, clock });
  }
  const environment = { SLUICE_RECEIVER_ADDR: `127.0.0.1:${ports[2]}`, SLUICE_LOG_LEVEL: 'debug' };
  const bridge = await openSite(stack, 'bridge', {
    dir: join(dir, 'bridge'),
    environment,
    compiled,
    endings,
  });
  await startAll([...workers, bridge].map(victimOf));
  return {
    workers,
    bridge,
    artifacts,
    receiverUrl: `http://127.0.0.1:${ports[2]}`,
    canary: `canary${randomBytes(9).toString('hex')}`,
    hasDisks: isMounted.every(Boolean),
  };
}

interface SiteOptions {
  readonly dir: string;
  readonly environment: Record<string, string>;
  readonly compiled: string;
  readonly endings: Endings;
}

/** A process that reaches the API server and Temporal through gates of its own; not started yet. */
async function openSite(stack: Stack, name: string, options: SiteOptions): Promise<Site> {
  const { dir, environment, compiled, endings } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const config = parse(await readFile(stack.kubeconfig, 'utf8')) as KubeConfig;
  const [entry] = config.clusters;
  const { server, 'certificate-authority-data': data = '' } = entry.cluster;
  const ca = Buffer.from(data, 'base64').toString();
  const service = name === 'bridge' ? 'bridge' : 'worker';
  // As far away as many clusters are; faults that are aimed at a stage would else come when it is over.
  const delayMs = service === 'worker' ? 80 : 0;
  const api = await openHttpGate({ origin: () => server, ca, delayMs });
  endings.push(() => api.close());
  const temporal = await openTcpGate(stack.temporalAddress);
  endings.push(() => temporal.close());
  const kubeconfig = join(dir, 'kubeconfig');
  const clusters = [{ ...entry, cluster: { server: api.url, 'insecure-skip-tls-verify': true } }];
  await writeFile(kubeconfig, stringify({ ...config, clusters }), { mode: 0o600 });
  const served = { ...stack, kubeconfig, temporalAddress: temporal.address };
  const created = await createServices(served, { dir, environment, compiled });
  let over = false;
  const services: Services = {
    ...created,
    // A round that is interrupted goes on to mend what it broke.
    start: (which) => (over ? Promise.reject(new Error(`${name} is over`)) : created.start(which)),
  };
  // Whatever it was put through, it ends.
  endings.push(() => {
    over = true;
    return services.stop(service, 'SIGKILL');
  });
  return { name, service, services, api, temporal };
}

interface KubeConfig {
  readonly clusters: readonly [
    {
      readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string };
    },
  ];
}

/** A small disk in memory, where this user may mount one. */
async function mountDisk(directory: string, endings: Endings): Promise<boolean> {
  const run = promisify(execFile);
  const args = ['-t', 'tmpfs', '-o', 'size=96m,mode=700', 'sluice-chaos', directory];
  try {
    await run('mount', args);
  } catch {
    return false;
  }
  endings.push(() => run('umount', ['-l', directory]));
  return true;
}

/** What a readiness probe would find out: nothing is sent to a worker that is stopped. Only Linux tells. */
function standsStill(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T ');
  } catch {
    return false;
  }
}
