import type { ObjectKey } from '../contract.ts';
import { fail } from '../failures.ts';
import { connectKubeConfig, connectWithTokens, type Cluster } from './client.ts';
import { sanitizeKubeConfig, serverOf, type KubeConfigPolicy } from './kubeconfig.ts';
import { read, type LoadedKustomization } from './kustomizations.ts';
import type { KubeObject, ObjectRef } from './object.ts';
import { secretData } from './secret-data.ts';
import { createReachability, type Reachability } from './reachability.ts';
import { accountIn, createTokenSource, readTokenAccess } from './token-access.ts';

/** What is allowed of remote clusters, and with how many requests at a time each is worked on. */
export interface RemotePolicy extends KubeConfigPolicy {
  /** ServiceAccount for ConfigMaps that name none; Flux's flag --default-kubeconfig-service-account. */
  readonly defaultKubeconfigServiceAccount?: string | undefined;
  readonly connectionsPerCluster?: number | undefined;
}

/** A connection to a remote cluster, and whether it answers. */
export interface Remote {
  readonly cluster: Cluster;
  readonly reachability: Reachability;
}

/** How a remote cluster is reached; whoever has the same identity may share the connection. */
export interface Access {
  readonly identity: string;
  /** The object that tells it. */
  readonly title: string;
  readonly dial: () => Promise<Remote>;
}

/** Reads how spec.kubeConfig says that its cluster is reached. Fails with ApplyFailed or UnsupportedField, naming the object and the key at fault. */
export async function remoteAccess(
  home: Cluster,
  { secretRef, configMapRef }: KubeConfigRef,
  { key: { namespace }, policy }: { key: ObjectKey; policy: RemotePolicy },
): Promise<Access> {
  const context = { home, namespace, policy };
  return configMapRef
    ? byConfigMap(context, configMapRef.name)
    : bySecret(context, secretRef ?? { name: '' });
}

/** The objects without which the cluster of a spec.kubeConfig can not be reached any more. */
export async function neededObjects(
  home: Cluster,
  { secretRef, configMapRef }: KubeConfigRef,
  { key: { namespace }, policy }: { key: ObjectKey; policy: RemotePolicy },
): Promise<ObjectRef[]> {
  if (secretRef) return [refTo('Secret', namespace, secretRef.name)];
  const ref = refTo('ConfigMap', namespace, configMapRef?.name ?? '');
  const account = accountIn(dataOf(await read(() => home.get(ref))), policy);
  return account ? [ref, refTo('ServiceAccount', namespace, account)] : [ref];
}

type KubeConfigRef = NonNullable<LoadedKustomization['spec']['kubeConfig']>;

interface Context {
  readonly home: Cluster;
  readonly namespace: string;
  readonly policy: RemotePolicy;
}

async function bySecret(
  { home, namespace, policy }: Context,
  { name, key }: NonNullable<KubeConfigRef['secretRef']>,
): Promise<Access> {
  const ref = refTo('Secret', namespace, name);
  const title = titleOf(ref);
  const data = secretData(await found(home, ref));
  const keys = key ? [key] : ['value', 'value.yaml'];
  const identity = keys.map((one) => data[one]).find((value) => value !== undefined);
  if (identity === undefined) {
    throw fail('ApplyFailed', `kubeConfig: ${title} has no key ${keys.join(' or ')}`);
  }
  return {
    identity,
    title,
    async dial() {
      const kubeconfig = sanitizeKubeConfig(identity, policy);
      const reachability = createReachability(serverOf(kubeconfig));
      const options = { connections: policy.connectionsPerCluster, watcher: reachability };
      return { cluster: await connectKubeConfig(kubeconfig, options), reachability };
    },
  };
}

async function byConfigMap({ home, namespace, policy }: Context, name: string): Promise<Access> {
  const ref = refTo('ConfigMap', namespace, name);
  const title = titleOf(ref);
  const access = readTokenAccess(dataOf(await found(home, ref)), title, policy);
  return {
    identity: JSON.stringify([namespace, access]),
    title,
    dial() {
      const { url, ca } = access;
      const tokens = createTokenSource(home, namespace, access);
      const reachability = createReachability(new URL(url).host);
      const watcher = {
        before: () => {
          reachability.before();
        },
        after: (end: Parameters<Reachability['after']>[0]) => {
          // A token is worth nothing once its ServiceAccount was deleted, even if there is a new one.
          if (end === 'refused') tokens.forget();
          reachability.after(end);
        },
      };
      const options = { connections: policy.connectionsPerCluster, watcher };
      const server = { url, ca, token: () => tokens.token() };
      return Promise.resolve({ cluster: connectWithTokens(server, options), reachability });
    },
  };
}

async function found(home: Cluster, ref: ObjectRef): Promise<KubeObject> {
  const object = await read(() => home.get(ref));
  if (object) return object;
  throw fail('ApplyFailed', `kubeConfig: ${titleOf(ref)} not found`);
}

function refTo(kind: string, namespace: string, name: string): ObjectRef {
  return { apiVersion: 'v1', kind, namespace, name };
}

function titleOf({ kind, namespace = '', name }: ObjectRef): string {
  return `${kind}/${namespace}/${name}`;
}

function dataOf(object: KubeObject | undefined): Readonly<Record<string, string>> {
  return (object?.['data'] ?? {}) as Record<string, string>;
}
