import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ToolName } from '../toolchain/tools.ts';
import { credentialPaths } from './credentials.ts';
import type { PartName, PortName, StackState } from './state.ts';

/** What the search in Temporal's UI and in `sluice get` filters by; all of type Keyword. */
export const SEARCH_ATTRIBUTES = [
  'SluiceKind',
  'SluiceNamespace',
  'SluiceName',
  'SluiceSource',
  'SluiceRevision',
  'SluiceTrigger',
  'SluicePhase',
  'SluiceReady',
  'SluiceReason',
] as const;

/** One part as it is to run: its program, ports, data and what must be ready before it. */
export interface Part {
  readonly tool: ToolName;
  readonly ports: readonly PortName[];
  /** Files and folders of its data, relative to the stack folder. */
  readonly data: readonly string[];
  readonly after: readonly PartName[];
  readonly args: (dir: string, state: StackState) => string[];
}

const HOST = '127.0.0.1';
const STAGES = fileURLToPath(new URL('kwok-stages.yaml', import.meta.url));

/** The parts with their command lines. Caches and logs are kept small: this shares a laptop with other work. */
export const PARTS: Readonly<Record<PartName, Part>> = {
  etcd: { tool: 'etcd', ports: ['etcd', 'etcdPeer'], data: ['etcd'], after: [], args: etcdArgs },
  temporal: {
    tool: 'temporal',
    ports: ['temporal', 'temporalUi'],
    data: ['temporal.db', 'temporal.db-wal', 'temporal.db-shm', 'temporal.db-journal'],
    after: [],
    args: temporalArgs,
  },
  'kube-apiserver': {
    tool: 'kube-apiserver',
    ports: ['apiserver'],
    data: [],
    after: ['etcd'],
    args: apiserverArgs,
  },
  'kube-controller-manager': {
    tool: 'kube-controller-manager',
    ports: [],
    data: [],
    after: ['kube-apiserver'],
    args: controllerManagerArgs,
  },
  'kube-scheduler': {
    tool: 'kube-scheduler',
    ports: [],
    data: [],
    after: ['kube-apiserver'],
    args: schedulerArgs,
  },
  kwok: { tool: 'kwok', ports: [], data: [], after: ['kube-apiserver'], args: kwokArgs },
};

/** The parts that make the cluster; they are not started if the user has one. */
export const CLUSTER_PARTS: readonly PartName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
];

/** The port of that name; an error if none was assigned yet. */
export function portOf(state: StackState, name: PortName): number {
  const port = state.ports[name];
  if (port === undefined) throw new Error(`the stack has no port for ${name} yet`);
  return port;
}

function etcdArgs(dir: string, state: StackState): string[] {
  const client = `http://${HOST}:${portOf(state, 'etcd')}`;
  const peer = `http://${HOST}:${portOf(state, 'etcdPeer')}`;
  return [
    '--name=dev',
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=dev=${peer}`,
    // Only a power cut could lose data; a killed process cannot.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function temporalArgs(dir: string, state: StackState): string[] {
  const config: Record<string, string> = {
    'system.enableActivityEagerExecution': 'true',
    ...state.temporal.dynamicConfig,
  };
  const keywords = Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, 'Keyword']));
  const attributes = { ...keywords, ...state.temporal.searchAttributes };
  return [
    'server',
    'start-dev',
    // The user's own client settings must not reach the server.
    '--disable-config-file',
    '--disable-config-env',
    `--db-filename=${join(dir, 'temporal.db')}`,
    '--sqlite-pragma=journal_mode=WAL',
    '--sqlite-pragma=synchronous=OFF',
    `--ip=${HOST}`,
    `--port=${portOf(state, 'temporal')}`,
    `--ui-port=${portOf(state, 'temporalUi')}`,
    '--namespace=default',
    '--log-level=warn',
    ...Object.entries(config).map(([key, value]) => `--dynamic-config-value=${key}=${value}`),
    ...Object.entries(attributes).map(([name, type]) => `--search-attribute=${name}=${type}`),
  ];
}

function apiserverArgs(dir: string, state: StackState): string[] {
  const credentials = credentialPaths(dir);
  return [
    `--etcd-servers=http://${HOST}:${portOf(state, 'etcd')}`,
    `--bind-address=${HOST}`,
    `--advertise-address=${HOST}`,
    `--secure-port=${portOf(state, 'apiserver')}`,
    `--tls-cert-file=${credentials.certificate}`,
    `--tls-private-key-file=${credentials.key}`,
    `--token-auth-file=${credentials.tokens}`,
    `--service-account-key-file=${credentials.serviceAccountKey}`,
    `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.0.0.0/16',
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    // A loopback address may not be an endpoint of the kubernetes Service, and no pod would use it.
    '--endpoint-reconciler-type=none',
    '--profiling=false',
    '--default-watch-cache-size=50',
    '--event-ttl=15m',
    '--v=0',
  ];
}

function controllerManagerArgs(dir: string): string[] {
  const credentials = credentialPaths(dir);
  return [
    `--kubeconfig=${credentials.kubeconfig}`,
    `--root-ca-file=${credentials.ca}`,
    `--service-account-private-key-file=${credentials.serviceAccountKey}`,
    ...componentArgs(),
  ];
}

function schedulerArgs(dir: string): string[] {
  return [`--kubeconfig=${credentialPaths(dir).kubeconfig}`, ...componentArgs()];
}

/** One instance each: no election to wait for, no port to serve on, and no throttling of their own. */
function componentArgs(): string[] {
  return [
    '--leader-elect=false',
    '--secure-port=0',
    '--profiling=false',
    '--kube-api-qps=300',
    '--kube-api-burst=500',
    '--v=0',
  ];
}

function kwokArgs(dir: string): string[] {
  return [
    `--kubeconfig=${credentialPaths(dir).kubeconfig}`,
    `--config=${STAGES}`,
    '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
    '--node-lease-duration-seconds=40',
    '--node-ip=10.255.0.1',
    '--cidr=10.244.0.0/16',
    '--v=WARN',
  ];
}
