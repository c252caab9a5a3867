import type { Kustomization } from '../../api/index.ts';
import type { KubeObject } from '../cluster/object.ts';
import { fail } from '../failures.ts';
import { substitute, titleOf } from './substitution/substitute.ts';
import type { Variables } from './substitution/variables.ts';
import { parseYaml } from './yaml.ts';

/** What is made of the objects after the build. */
export interface Decoding {
  readonly commonMetadata: Kustomization['spec']['commonMetadata'];
  /** Undefined where nothing is to be substituted. */
  readonly variables: Variables | undefined;
}

/**
 * The objects of a built text: variables are put in, Lists are taken apart, kustomize's own documents dropped, and common metadata is laid
 * over each. Raises BuildFailed for a document without apiVersion, kind or name, and ApplyFailed for one that is still encrypted.
 */
export function decodeObjects(output: string, decoding: Decoding): KubeObject[] {
  const { commonMetadata, variables } = decoding;
  const objects = output
    .split(/^---\n/m)
    .flatMap((text) => valuesOf(text, variables))
    .flatMap(flatten)
    .filter((value) => !isKustomizeFile(value))
    .map(toObject);
  for (const object of objects) refuseEncrypted(object);
  if (!commonMetadata) return objects;
  return objects.map((object) => withMetadata(object, commonMetadata));
}

/** kustomize writes the documents as Flux's substitution sees them: keys sorted, and quotes only where YAML needs them. */
function valuesOf(text: string, variables: Variables | undefined): unknown[] {
  const values = parseYaml(text, 'the build');
  if (!variables) return values;
  return values.flatMap((value) => {
    const substituted = substitute({ text, value }, variables);
    if (substituted === undefined) return [value];
    return parseYaml(substituted, `${titleOf(value)} after variable substitution`);
  });
}

function flatten(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) {
    throw fail('BuildFailed', 'the build holds a document that is no Kubernetes object');
  }
  const document: Record<string, unknown> = { ...value };
  const { kind, items } = document;
  const isList = typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items);
  return isList ? items.flatMap(flatten) : [document];
}

function isKustomizeFile({ apiVersion }: Record<string, unknown>): boolean {
  return typeof apiVersion === 'string' && apiVersion.startsWith('kustomize.config.k8s.io/');
}

function toObject(document: Record<string, unknown>): KubeObject {
  const { apiVersion, kind, metadata } = document;
  const meta: Record<string, unknown> =
    typeof metadata === 'object' && metadata !== null ? { ...metadata } : {};
  const { name } = meta;
  if (!isText(apiVersion) || !isText(kind) || !isText(name)) {
    const parts = [apiVersion, kind, name].map((part) => (isText(part) ? part : '(none)'));
    const [version = '', of = '', called = ''] = parts;
    const identity = `apiVersion ${version}, kind ${of}, name ${called}`;
    throw fail('BuildFailed', `the build holds an object without a full identity: ${identity}`);
  }
  return { ...document, apiVersion, kind, metadata: { ...meta, name } };
}

/** An encrypted Secret must never reach the cluster: whoever reads it there would take the ciphertext for the value. */
function refuseEncrypted(object: KubeObject): void {
  const { sops } = object;
  if (typeof sops !== 'object' || sops === null || !('mac' in sops)) return;
  const { namespace, name } = object.metadata;
  const title = [object.kind, namespace, name].filter((part) => part).join('/');
  throw fail('ApplyFailed', `${title} is encrypted with SOPS, and nothing here decrypts it`);
}

function withMetadata(
  object: KubeObject,
  { labels, annotations }: NonNullable<Kustomization['spec']['commonMetadata']>,
): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(labels ? { labels: { ...metadata.labels, ...labels } } : {}),
      ...(annotations ? { annotations: { ...metadata.annotations, ...annotations } } : {}),
    },
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
