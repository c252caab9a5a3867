import type { Cluster } from '../../activities/cluster/client.ts';

interface Crd {
  readonly spec: {
    readonly versions: {
      schema: {
        openAPIV3Schema: {
          properties: { spec: { properties: Record<string, { pattern?: string }> } };
        };
      };
    }[];
  };
}

/** Makes the API server take any text for a field of a spec, as a CRD of another origin might. Gives back when it does. */
export async function loosen(cluster: Cluster, crd: string, field: string): Promise<void> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`;
  const { spec } = await cluster.request<Crd>({ method: 'GET', path });
  const patch = spec.versions.map((_, at) => ({
    op: 'remove',
    path: `/spec/versions/${at}/schema/openAPIV3Schema/properties/spec/properties/${field}/pattern`,
  }));
  const contentType = 'application/json-patch+json';
  await cluster.request({ method: 'PATCH', path, contentType, body: patch });
  // The schema is taken up in the background, within a second.
  await new Promise((resolve) => setTimeout(resolve, 3000));
}
