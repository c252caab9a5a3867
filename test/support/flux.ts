import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { connectCluster, type Cluster } from '../../activities/cluster/client.ts';
import type { KubeObject } from '../../activities/cluster/object.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';
import { resolveTool, type Stack } from '../../deploy/dev/index.ts';
import { freePort } from '../../deploy/dev/stack/ports.ts';

/** The controllers of Flux that work on our kinds. */
export type ControllerName = 'source-controller' | 'kustomize-controller';

/** A controller that runs. */
export interface Controller {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a controller of Flux on a stack, with its log, its storage and its temporary files below a directory. It is built where it is missing. */
export async function startController(
  name: ControllerName,
  { kubeconfig }: Pick<Stack, 'kubeconfig'>,
  { dir, settings = [] }: { readonly dir: string; readonly settings?: readonly string[] },
): Promise<Controller> {
  const program = await resolveTool(name);
  const home = join(dir, name);
  await mkdir(home, { recursive: true });
  const storage = name === 'source-controller' ? await storageArgs(home) : [];
  const log = openSync(join(dir, `${name}.log`), 'a', 0o600);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TMPDIR: home,
    KUBECONFIG: kubeconfig,
    RUNTIME_NAMESPACE: 'flux-system',
  };
  const args = ['--metrics-addr=0', '--health-addr=0', '--events-addr=', ...storage, ...settings];
  const child = spawn(program, args, { env, stdio: ['ignore', log, log] });
  closeSync(log);
  return { pid: child.pid ?? 0, stop: () => end(child) };
}

/** Flux's own definitions, from the modules that the controllers are built from. */
export async function installFluxCrds({ kubeconfig }: Pick<Stack, 'kubeconfig'>): Promise<void> {
  const cluster = await connectCluster(kubeconfig);
  for (const name of ['source-controller', 'kustomize-controller']) {
    const cwd = fileURLToPath(new URL(`../../deploy/dev/modules/${name}`, import.meta.url));
    const args = ['list', '-mod=mod', '-m', '-f', '{{.Dir}}', `github.com/fluxcd/${name}`];
    const { stdout } = await promisify(execFile)('go', args, { cwd });
    const directory = join(stdout.trim(), 'config/crd/bases');
    for (const file of await readdir(directory)) {
      const crd = parse(await readFile(join(directory, file), 'utf8')) as KubeObject;
      await serverSideApply(cluster, crd, { manager: 'bench' });
      await untilServed(cluster, crd);
    }
  }
  await cluster.close();
}

/** A kind that has just been defined is refused with 404, and then with 429, until its storage is ready. */
async function untilServed(cluster: Cluster, crd: KubeObject): Promise<void> {
  const { group, names, versions } = crd['spec'] as DefinitionSpec;
  const version = versions.find(({ served }) => served)?.name ?? '';
  const path = `/apis/${group}/${version}/${names.plural}`;
  for (const deadline = Date.now() + 60_000; ;) {
    try {
      await cluster.request({ method: 'GET', path, query: { limit: '1' } });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

interface DefinitionSpec {
  readonly group: string;
  readonly names: { readonly plural: string };
  readonly versions: readonly { readonly name: string; readonly served: boolean }[];
}

async function storageArgs(home: string): Promise<string[]> {
  const address = `127.0.0.1:${await freePort()}`;
  return [`--storage-path=${home}`, `--storage-addr=${address}`, `--storage-adv-addr=${address}`];
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}
