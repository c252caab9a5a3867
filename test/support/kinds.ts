import type { Cluster } from '../../activities/cluster/client.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';

/** Installs a kind of others that takes any field, and waits until it is served. */
export async function defineKind(
  cluster: Cluster,
  apiVersion: string,
  kind: string,
): Promise<void> {
  const [group = '', version = ''] = apiVersion.split('/');
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await serverSideApply(cluster, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  });
  const path = `/apis/${apiVersion}/${plural}`;
  for (const deadline = Date.now() + 30_000; ;) {
    const served = await cluster.request({ method: 'GET', path }).then(
      () => true,
      () => false,
    );
    if (served) break;
    if (Date.now() > deadline) throw new Error(`${apiVersion} ${kind} is not served`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  cluster.discovery.forget();
}
