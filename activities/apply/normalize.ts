import type { KubeObject } from '../cluster/object.ts';

/**
 * The object as it is sent: without what only the server may set, so that exported manifests can be committed as they are, and with
 * stringData as data, which is how the server stores it.
 */
export function normalize(object: KubeObject): KubeObject {
  const { status, metadata, ...rest } = object;
  const clean = { ...metadata };
  for (const field of serverFields) delete clean[field];
  const isCrd = object.kind === 'CustomResourceDefinition';
  const kept: KubeObject = {
    ...rest,
    metadata: clean,
    ...(isCrd && status !== undefined ? { status } : {}),
  };
  return object.kind === 'Secret' && object.apiVersion === 'v1' ? withData(kept) : kept;
}

const serverFields = [
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'selfLink',
];

function withData({ stringData, ...secret }: KubeObject): KubeObject {
  const object = secret;
  if (typeof stringData !== 'object' || stringData === null) return object;
  const { data: stored } = object;
  const data: Record<string, unknown> = typeof stored === 'object' ? { ...stored } : {};
  for (const [key, value] of Object.entries(stringData)) {
    // A value that is no string is left for the API server to refuse, with its own words.
    data[key] = typeof value === 'string' ? Buffer.from(value).toString('base64') : value;
  }
  return { ...object, data };
}
