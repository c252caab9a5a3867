import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify, parse } from 'yaml';
import type { Cluster } from '../../activities/cluster/client.ts';
import { freePort } from '../../deploy/dev/stack/ports.ts';
import type { Stack } from '../../deploy/dev/index.ts';
import { compiledCode } from './compiled.ts';
import { podsOf, type Container, type PodTemplate } from './pods.ts';

/** Runs what a cluster was told to run, since no kubelet does: commands, arguments, variables and rights are those of the pods. */
export interface Deployed {
  /** Starts one pod of a Deployment and waits until its readiness probe succeeds. */
  start(name: string): Promise<void>;
  /** Runs the pod of a Job to its end and gives what it printed; raises an Error where it fails. */
  complete(pod: PodTemplate): Promise<string>;
  /** Ends a pod as its node would, or all. */
  stop(name?: string): Promise<void>;
  log(name: string): Promise<string>;
}

/** What a node has of the cluster. */
export interface DeployedOptions {
  readonly stack: Stack;
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly dir: string;
}

/** A node that runs pods as processes of this machine. */
export function openDeployed(options: DeployedOptions): Deployed {
  let compiled: Promise<string> | undefined;
  const code = (): Promise<string> => (compiled ??= compiledCode(join(options.dir, 'code')));
  const node = { ...options, code };
  const running = new Map<string, ChildProcess>();
  const logOf = (name: string): string => join(options.dir, `${name}.log`);
  const stop = async (name: string): Promise<void> => {
    const child = running.get(name);
    running.delete(name);
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  };
  return {
    async start(name) {
      const { cluster, namespace } = options;
      const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name };
      const [pod] = podsOf([(await cluster.get(ref)) ?? { ...ref, metadata: { name } }]);
      if (!pod) throw new Error(`there is no Deployment ${name}`);
      const { child, probe } = await launch(pod, node, logOf(name));
      running.set(name, child);
      await untilReady(child, probe, () => readFile(logOf(name), 'utf8'));
    },
    async complete(pod) {
      const { child } = await launch(pod, node, logOf(pod.name));
      const code = await new Promise((resolve) => child.once('exit', resolve));
      const text = await readFile(logOf(pod.name), 'utf8');
      if (code !== 0) throw new Error(`${pod.name} ended with ${String(code)}: ${text}`);
      return text;
    },
    async stop(name) {
      await Promise.all((name ? [name] : [...running.keys()]).map(stop));
    },
    log: (name) => readFile(logOf(name), 'utf8'),
  };
}

interface Node extends DeployedOptions {
  /** The code as the image has it at its working directory; compiled once. */
  readonly code: () => Promise<string>;
}

async function launch(
  pod: PodTemplate,
  options: Node,
  logFile: string,
): Promise<{ child: ChildProcess; probe: number }> {
  const [container] = pod.spec.containers;
  if (!container) throw new Error(`${pod.name} has no container`);
  const home = join(options.dir, `${pod.name}-home`);
  await mkdir(home, { recursive: true });
  const mapped = await mapArguments(container, home);
  const { tools } = options.stack;
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    SLUICE_KUSTOMIZE: tools['kustomize'] ?? 'kustomize',
    SLUICE_SOPS: tools['sops'] ?? 'sops',
    ...valuesOf(container, options.namespace),
    HOME: home,
  };
  if (pod.spec.serviceAccountName) {
    env['KUBECONFIG'] = join(home, 'kubeconfig');
    await writeFile(env['KUBECONFIG'], await kubeconfigOf(pod.spec.serviceAccountName, options));
  }
  const [command = '', ...first] = container.command ?? [];
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(command === 'node' ? process.execPath : command, [...first, ...mapped.args], {
    cwd: await options.code(),
    env,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return { child, probe: mapped.probe };
}

/** On one machine the ports of many pods are its own, and a volume is a directory. */
async function mapArguments(
  { args = [], ports = [], volumeMounts = [] }: Container,
  home: string,
): Promise<{ args: string[]; probe: number }> {
  const free = new Map<number, number>();
  for (const { containerPort } of ports) free.set(containerPort, await freePort());
  const portFor = (name: string): number =>
    free.get(ports.find((port) => port.name === name)?.containerPort ?? 0) ?? 0;
  const mounted = volumeMounts.map(({ mountPath }) => mountPath);
  const place = (arg: string): string => {
    const flag = arg.replace(/=.*$/, '');
    const value = arg.slice(flag.length + 1);
    if (flag === '--storage-adv-addr') return `${flag}=127.0.0.1:${portFor('http')}`;
    if (mounted.includes(value)) return `${flag}=${join(home, value)}`;
    const own = free.get(Number(/^(?:0\.0\.0\.0)?:(\d+)$/.exec(value)?.[1]));
    return own === undefined ? arg : `${flag}=127.0.0.1:${own}`;
  };
  return { args: args.map(place), probe: portFor('healthz') };
}

function valuesOf({ env = [] }: Container, namespace: string): Record<string, string> {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => {
      const fromField = JSON.stringify(valueFrom ?? {}).includes('metadata.namespace');
      return [name, value ?? (fromField ? namespace : '')];
    }),
  );
}

/** A kubeconfig with the rights of a ServiceAccount alone, by a token as pods get it. */
async function kubeconfigOf(
  account: string,
  { stack, cluster, namespace }: DeployedOptions,
): Promise<string> {
  const { status } = await cluster.request<{ status: { token: string } }>({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  const config = parse(await readFile(stack.kubeconfig, 'utf8')) as { users: object[] };
  const [user] = config.users;
  return stringify({ ...config, users: [{ ...user, user: { token: status.token } }] });
}

/** What a startup probe gives at least. */
const startTimeoutMs = 240_000;

async function untilReady(
  child: ChildProcess,
  port: number,
  log: () => Promise<string>,
): Promise<void> {
  for (const deadline = Date.now() + startTimeoutMs; ;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the pod did not get ready: ${(await log()).slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
