import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { fail } from '../failures.ts';
import type { ObjectKey } from '../contract.ts';
import { messageOf } from './answer.ts';
import type { Cluster } from './client.ts';
import { read, type LoadedKustomization } from './kustomizations.ts';
import {
  neededObjects,
  remoteAccess,
  type Access,
  type Remote,
  type RemotePolicy,
} from './remote-access.ts';

/** With whose rights the objects of a Kustomization are worked on. */
export interface TargetPolicy extends RemotePolicy {
  /** ServiceAccount for Kustomizations that name none; Flux's flag --default-service-account. */
  readonly defaultServiceAccount?: string | undefined;
}

/** The clusters that Kustomizations apply to. */
export interface Targets {
  /**
   * The cluster of a Kustomization, with the rights of its ServiceAccount. Fails with ApplyFailed where a remote one can not be used or
   * does not answer; at once where it did not answer just now, so that a cluster that hangs takes no time of the others.
   */
  open(loaded: LoadedKustomization, key: ObjectKey): Promise<Cluster>;
  /** Says what is missing of the credentials for good, so that nothing can be deleted with them; undefined where they are there. */
  missing(loaded: LoadedKustomization, key: ObjectKey): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Targets over the worker's own cluster; a remote one is connected once, and again when what tells how to reach it changes. */
export function createTargets(home: Cluster, policy: TargetPolicy): Targets {
  const remotes = new Map<string, Connection>();
  return {
    async open({ spec }, key) {
      const { kubeConfig } = spec;
      const cluster = kubeConfig
        ? await connect(remotes, await remoteAccess(home, kubeConfig, { key, policy }))
        : home;
      const account = accountOf(spec, policy);
      return account ? cluster.as(`system:serviceaccount:${key.namespace}:${account}`) : cluster;
    },
    async missing({ spec }, key) {
      const { kubeConfig } = spec;
      const { namespace } = key;
      const name = accountOf(spec, policy);
      const account = name ? [{ apiVersion: 'v1', kind: 'ServiceAccount', namespace, name }] : [];
      // The account of a remote cluster is there or not; only the local one can be looked for.
      const needed = kubeConfig ? await neededObjects(home, kubeConfig, { key, policy }) : account;
      for (const ref of needed) {
        if (await read(() => home.get(ref))) continue;
        return `${ref.kind}/${namespace}/${ref.name} not found`;
      }
      return undefined;
    },
    async close() {
      await Promise.all([...remotes.values()].map(hangUp));
    },
  };
}

/** An empty name names nobody, so that it does not lift what the platform team set. Fails with ApplyFailed for what is no name. */
function accountOf(
  { serviceAccountName = '' }: LoadedKustomization['spec'],
  { defaultServiceAccount }: TargetPolicy,
): string | undefined {
  if (serviceAccountName === '') return defaultServiceAccount;
  if (/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(serviceAccountName)) return serviceAccountName;
  const name = JSON.stringify(serviceAccountName);
  throw fail('ApplyFailed', `spec.serviceAccountName ${name} is no name of a ServiceAccount`);
}

interface Connection {
  readonly remote: Promise<Remote>;
  usedAt: number;
}

async function connect(
  remotes: Map<string, Connection>,
  { identity, title, dial }: Access,
): Promise<Cluster> {
  const digest = createHash('sha256').update(identity).digest('hex');
  closeIdle(remotes);
  const connection = remotes.get(digest) ?? { remote: dial(), usedAt: 0 };
  connection.usedAt = Date.now();
  remotes.set(digest, connection);
  try {
    const { cluster, reachability } = await connection.remote.catch((error: unknown) => {
      remotes.delete(digest);
      throw error;
    });
    await reachability.ensure((signal) =>
      cluster.request({ method: 'GET', path: '/version', signal }),
    );
    return cluster;
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    throw fail('ApplyFailed', `kubeConfig: ${title} can not be used: ${messageOf(error)}`);
  }
}

/** Longer than any stage, so that nobody still works with what is closed. */
const maxIdleMs = 2 * 3_600_000;

function closeIdle(remotes: Map<string, Connection>): void {
  for (const [digest, connection] of remotes) {
    if (Date.now() - connection.usedAt < maxIdleMs) continue;
    remotes.delete(digest);
    void hangUp(connection);
  }
}

/** One that was never made needs no end. */
async function hangUp({ remote }: Connection): Promise<void> {
  await remote.then(
    ({ cluster }) => cluster.close(),
    () => undefined,
  );
}
