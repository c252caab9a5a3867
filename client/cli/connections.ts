import { Client, Connection } from '@temporalio/client';
import { connectCluster, type Cluster } from '../../activities/cluster/client.ts';
import { stackStatus } from '../../deploy/dev/index.ts';
import { defaultTemporalAddress, readClientSettings, type ClientSettings } from '../settings.ts';
import { connectTemporal } from '../connect-temporal.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly temporalAddress?: string;
  readonly temporalNamespace?: string;
}

/** Where a command connects to. */
export interface Targets {
  /** Path of a kubeconfig; kubectl's own rules where absent. */
  readonly kubeconfig: string | undefined;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalUiUrl: string | undefined;
}

/** The addresses by rank: an option, the environment, the local stack where one runs, the defaults of kubectl and of Temporal. */
export async function targetsOf(options: GlobalOptions): Promise<Targets> {
  const said = saidBy(options, readClientSettings(process.env));
  const complete = said.kubeconfig && said.temporalAddress && said.temporalUiUrl;
  const stack: Partial<Status> = complete ? {} : await localStack();
  const temporalAddress = said.temporalAddress ?? stack.temporalAddress ?? defaultTemporalAddress;
  const stackUiUrl = stack.temporalAddress === temporalAddress ? stack.temporalUiUrl : undefined;
  return {
    kubeconfig: said.kubeconfig ?? stack.kubeconfig,
    temporalAddress,
    temporalNamespace: said.temporalNamespace,
    temporalUiUrl: said.temporalUiUrl ?? stackUiUrl,
  };
}

function saidBy(
  options: GlobalOptions,
  settings: ClientSettings,
): Omit<Targets, 'temporalAddress'> & { readonly temporalAddress: string | undefined } {
  return {
    kubeconfig: options.kubeconfig ?? settings.KUBECONFIG,
    temporalAddress: options.temporalAddress ?? settings.TEMPORAL_ADDRESS,
    temporalNamespace: options.temporalNamespace ?? settings.TEMPORAL_NAMESPACE,
    temporalUiUrl: settings.TEMPORAL_UI_URL,
  };
}

type Status = Awaited<ReturnType<typeof stackStatus>>;

let asked: Promise<Status> | undefined;

/** Asked once in the life of a command: the status takes a look at every part of the stack. */
function localStack(): Promise<Status> {
  asked ??= stackStatus();
  return asked;
}

type UiTargets = Pick<Targets, 'temporalUiUrl' | 'temporalNamespace'>;

/** Runs work with a connection to the cluster, in the namespace that was asked for, and closes it. */
export async function withCluster<T>(
  options: GlobalOptions,
  work: (cluster: Cluster, namespace: string) => Promise<T>,
): Promise<T> {
  const { kubeconfig } = await targetsOf(options);
  const cluster = await connectCluster(kubeconfig);
  try {
    return await work(cluster, options.namespace ?? cluster.defaultNamespace);
  } finally {
    await cluster.close();
  }
}

/** Runs work with a connection to Temporal and closes it. */
export async function withTemporal<T>(
  options: GlobalOptions,
  work: (client: Client, targets: Targets) => Promise<T>,
): Promise<T> {
  const targets = await targetsOf(options);
  const connection = await connectTemporal(targets.temporalAddress, (options) =>
    Connection.connect({ ...options, connectTimeout: '5s' }),
  );
  try {
    return await work(new Client({ connection, namespace: targets.temporalNamespace }), targets);
  } finally {
    await connection.close();
  }
}

/** Page of a run in Temporal UI; empty where the UI's address is not known. */
export function runUrl(targets: UiTargets, workflowId: string, runId: string): string {
  if (!targets.temporalUiUrl) return '';
  const id = encodeURIComponent(workflowId);
  return `${targets.temporalUiUrl}/namespaces/${targets.temporalNamespace}/workflows/${id}/${runId}/history`;
}

/** List of the syncs of an object in Temporal UI; empty where the UI's address is not known. */
export function historyUrl(targets: UiTargets, workflowId: string): string {
  if (!targets.temporalUiUrl) return '';
  const query = encodeURIComponent(`WorkflowId="${workflowId}"`);
  return `${targets.temporalUiUrl}/namespaces/${targets.temporalNamespace}/workflows?query=${query}`;
}
