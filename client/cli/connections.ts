import { Client, Connection } from '@temporalio/client';
import { connectCluster, type Cluster } from '../../activities/cluster/client.ts';
import { stackStatus } from '../../deploy/dev/index.ts';
import { readClientSettings } from '../settings.ts';

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
  const settings = readClientSettings(process.env);
  const stack = await stackStatus();
  return {
    kubeconfig: options.kubeconfig ?? settings.KUBECONFIG ?? stack.kubeconfig,
    temporalAddress:
      options.temporalAddress ??
      settings.TEMPORAL_ADDRESS ??
      stack.temporalAddress ??
      '127.0.0.1:7233',
    temporalNamespace: options.temporalNamespace ?? settings.TEMPORAL_NAMESPACE,
    temporalUiUrl: settings.TEMPORAL_UI_URL ?? stack.temporalUiUrl,
  };
}

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
  const connection = await Connection.connect({
    address: targets.temporalAddress,
    connectTimeout: '5s',
  });
  try {
    return await work(new Client({ connection, namespace: targets.temporalNamespace }), targets);
  } finally {
    await connection.close();
  }
}

/** Page of a run in Temporal UI; empty where the UI's address is not known. */
export function runUrl(targets: Targets, workflowId: string, runId: string): string {
  if (!targets.temporalUiUrl) return '';
  const id = encodeURIComponent(workflowId);
  return `${targets.temporalUiUrl}/namespaces/${targets.temporalNamespace}/workflows/${id}/${runId}/history`;
}

/** List of the syncs of an object in Temporal UI; empty where the UI's address is not known. */
export function historyUrl(targets: Targets, workflowId: string): string {
  if (!targets.temporalUiUrl) return '';
  const query = encodeURIComponent(`WorkflowId="${workflowId}"`);
  return `${targets.temporalUiUrl}/namespaces/${targets.temporalNamespace}/workflows?query=${query}`;
}
