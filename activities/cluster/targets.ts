import { createHash } from 'node:crypto';
import { fail } from '../failures.ts';
import type { ObjectKey } from '../contract.ts';
import { connectKubeConfig, type Cluster } from './client.ts';
import { sanitizeKubeConfig, type KubeConfigPolicy } from './kubeconfig.ts';
import { read, type LoadedKustomization } from './kustomizations.ts';

/** With whose rights the objects of a Kustomization are worked on. */
export interface TargetPolicy extends KubeConfigPolicy {
  /** ServiceAccount for Kustomizations that name none; Flux's flag --default-service-account. */
  readonly defaultServiceAccount?: string | undefined;
}

/** The clusters that Kustomizations apply to. */
export interface Targets {
  /** The cluster of a Kustomization, with the rights of its ServiceAccount. Fails with ApplyFailed where its kubeconfig can not be used. */
  open(loaded: LoadedKustomization, key: ObjectKey): Promise<Cluster>;
  /** Says what is missing of the credentials for good, so that nothing can be deleted with them; undefined where they are there. */
  missing(loaded: LoadedKustomization, key: ObjectKey): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Targets over the worker's own cluster; a remote one is connected once, and again when its kubeconfig changes. */
export function createTargets(home: Cluster, policy: TargetPolicy): Targets {
  const remotes = new Map<string, Remote>();
  const connect = async (text: string, title: string): Promise<Cluster> => {
    const digest = createHash('sha256').update(text).digest('hex');
    const known = remotes.get(digest);
    if (known) {
      known.usedAt = Date.now();
      return known.cluster;
    }
    await closeIdle(remotes);
    try {
      const cluster = await connectKubeConfig(sanitizeKubeConfig(text, policy));
      remotes.set(digest, { cluster, usedAt: Date.now() });
      return cluster;
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw fail('ApplyFailed', `kubeConfig: ${title} can not be used: ${cause}`);
    }
  };
  return {
    async open(loaded, key) {
      const { kubeConfig } = loaded.spec;
      const cluster = kubeConfig
        ? await connect(...(await kubeConfigOf(home, kubeConfig, key)))
        : home;
      const account = accountOf(loaded, policy);
      return account ? cluster.as(userOf(key.namespace, account)) : cluster;
    },
    async missing(loaded, { namespace }) {
      const secret = loaded.spec.kubeConfig?.secretRef?.name;
      const account = accountOf(loaded, policy);
      // The account of a remote cluster is there or not; only the local one can be looked for.
      const [kind, name] = secret ? ['Secret', secret] : ['ServiceAccount', account];
      if (!name) return undefined;
      const ref = { apiVersion: 'v1', kind, namespace, name };
      const found = await read(() => home.get(ref));
      return found ? undefined : `${kind}/${namespace}/${name} not found`;
    },
    async close() {
      await Promise.all([...remotes.values()].map(({ cluster }) => cluster.close()));
    },
  };
}

interface Remote {
  readonly cluster: Cluster;
  usedAt: number;
}

/** Longer than any stage, so that nobody still works with what is closed. */
const maxIdleMs = 2 * 3_600_000;

async function closeIdle(remotes: Map<string, Remote>): Promise<void> {
  for (const [digest, { cluster, usedAt }] of remotes) {
    if (Date.now() - usedAt < maxIdleMs) continue;
    remotes.delete(digest);
    await cluster.close();
  }
}

function accountOf({ spec }: LoadedKustomization, policy: TargetPolicy): string | undefined {
  return spec.serviceAccountName ?? policy.defaultServiceAccount;
}

function userOf(namespace: string, account: string): string {
  return `system:serviceaccount:${namespace}:${account}`;
}

async function kubeConfigOf(
  home: Cluster,
  { secretRef }: NonNullable<LoadedKustomization['spec']['kubeConfig']>,
  { namespace }: ObjectKey,
): Promise<[text: string, title: string]> {
  const name = secretRef?.name ?? '';
  const title = `Secret/${namespace}/${name}`;
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name };
  const secret = await read(() => home.get(ref));
  if (!secret) throw fail('ApplyFailed', `kubeConfig: ${title} not found`);
  const data = (secret['data'] ?? {}) as Record<string, string>;
  const keys = secretRef?.key ? [secretRef.key] : ['value', 'value.yaml'];
  const encoded = keys.map((key) => data[key]).find((value) => value !== undefined);
  if (encoded !== undefined) return [Buffer.from(encoded, 'base64').toString('utf8'), title];
  throw fail('ApplyFailed', `kubeConfig: ${title} has no key ${keys.join(' or ')}`);
}
