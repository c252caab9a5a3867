import type { Cluster } from '../cluster/client.ts';
import { read } from '../cluster/kustomizations.ts';
import type { KubeObject } from '../cluster/object.ts';
import { secretData } from '../cluster/secret-data.ts';
import { fail } from '../failures.ts';

/** A Secret that was read: its values, and what errors call it. */
export interface ReadSecret {
  readonly title: string;
  readonly values: ReadonlyMap<string, string>;
}

/** Reads Secrets of one namespace for the fields of a spec. */
export interface Secrets {
  /** Raises AuthenticationFailed, naming the field, where it is not there. */
  read(name: string, field: string): Promise<ReadSecret>;
  serviceAccount(name: string): Promise<KubeObject>;
}

/** Secrets of the namespace of a source. */
export function openSecrets(cluster: Cluster, namespace: string): Secrets {
  const get = async (kind: string, name: string, field: string): Promise<KubeObject> => {
    const found = await read(() => cluster.get({ apiVersion: 'v1', kind, namespace, name }));
    if (found) return found;
    const title = `${kind}/${namespace}/${name}`;
    throw fail('AuthenticationFailed', `${title} is not there: create it or correct spec.${field}`);
  };
  return {
    async read(name, field) {
      const secret = await get('Secret', name, field);
      const values = new Map(Object.entries(secretData(secret)));
      return { title: `Secret/${namespace}/${name}`, values };
    },
    serviceAccount: (name) => get('ServiceAccount', name, 'serviceAccountName'),
  };
}
