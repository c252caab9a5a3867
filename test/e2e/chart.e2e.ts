import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connectCluster, type Cluster } from '../../activities/cluster/client.ts';
import { refOf, type KubeObject } from '../../activities/cluster/object.ts';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';
import { valuesMatrix } from '../support/chart-values.ts';
import { testNamespace, type TestNamespace } from '../support/cluster.ts';
import { defineKind } from '../support/kinds.ts';
import { openHelm, type Helm } from '../support/helm.ts';
import { podsOf } from '../support/pods.ts';

let cluster: Cluster;
let space: TestNamespace;
let helm: Helm;

beforeAll(async () => {
  cluster = await connectCluster(inject('kubeconfig'));
  space = await testNamespace();
  helm = await openHelm(inject('kubeconfig'));
  const level = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await serverSideApply(cluster, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: space.name, labels: level },
  });
  // Kinds of others that the chart makes objects of.
  await defineKind(cluster, 'monitoring.coreos.com/v1', 'PodMonitor');
  await defineKind(cluster, 'monitoring.coreos.com/v1', 'ServiceMonitor');
  await defineKind(cluster, 'keda.sh/v1alpha1', 'ScaledObject');
});

afterAll(async () => {
  await helm.close();
  await space.close();
  await cluster.close();
});

test.each(Object.entries(valuesMatrix))(
  'with %s the API server takes every object, and a restricted namespace every pod',
  async (_title, values) => {
    const objects = await helm.render(values, space.name);
    expect(objects.length).toBeGreaterThan(5);
    for (const object of objects) await dryRun(object);
    for (const { name, metadata, spec } of podsOf(objects)) {
      // Its account is made by the release, and not there yet; the API server fills the default one in.
      const accountless = { ...spec, serviceAccountName: undefined };
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, name },
        spec: accountless,
      };
      await createDry(`/api/v1/namespaces/${space.name}/pods`, pod);
    }
  },
);

test('a pod that is not restricted is refused there, so that the answer above says something', async () => {
  const spec = { containers: [{ name: 'manager', image: 'sluice' }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'lax' }, spec };
  await expect(createDry(`/api/v1/namespaces/${space.name}/pods`, pod)).rejects.toThrow(
    'violates PodSecurity "restricted:latest"',
  );
});

async function dryRun(object: KubeObject): Promise<void> {
  try {
    await serverSideApply(cluster, object, { dryRun: true, manager: 'helm' });
  } catch (error) {
    const { kind, name } = refOf(object);
    throw new Error(`${kind}/${name}: ${String(error)}`, { cause: error });
  }
}

async function createDry(path: string, body: object): Promise<void> {
  const query = { dryRun: 'All', fieldValidation: 'Strict' };
  await cluster.request({ method: 'POST', path, query, body });
}
