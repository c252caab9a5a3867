import type { Kustomization } from '../../api/index.ts';
import { describeRef, refOf, type KubeObject } from '../cluster/object.ts';
import { fail } from '../failures.ts';
import { decryptDocument, isEncrypted, optsOut } from './decryption/documents.ts';
import type { Decryptor } from './decryption/sops.ts';
import { substitute, titleOf } from './substitution/substitute.ts';
import type { Variables } from './substitution/variables.ts';
import { formatYaml, parseYaml } from './yaml.ts';

/** What is made of the objects after the build. */
export interface Decoding {
  readonly commonMetadata: Kustomization['spec']['commonMetadata'];
  /** Undefined where nothing is to be substituted. */
  readonly variables: Variables | undefined;
  /** Undefined where nothing is to be decrypted. */
  readonly decryptor: Decryptor | undefined;
}

/** The objects of a build, and texts in them that were encrypted. */
export interface Decoded {
  readonly objects: KubeObject[];
  readonly secrets: readonly string[];
}

/**
 * The objects of a built text: they are decrypted, variables are put in, Lists are taken apart, kustomize's own documents dropped, and
 * common metadata is laid over each. Raises BuildFailed for a document without apiVersion, kind or name, and ApplyFailed for one that is
 * still encrypted.
 */
export async function decodeObjects(output: string, decoding: Decoding): Promise<Decoded> {
  const { commonMetadata } = decoding;
  const secrets: string[] = [];
  const values: unknown[] = [];
  for (const text of output.split(/^---\n/m)) {
    values.push(...(await valuesOf(text, decoding, secrets)));
  }
  const objects = values
    .flatMap(flatten)
    .filter((value) => !isKustomizeFile(value))
    .map(toObject);
  for (const object of objects) refuseEncrypted(object);
  if (!commonMetadata) return { objects, secrets };
  return { objects: objects.map((object) => withMetadata(object, commonMetadata)), secrets };
}

/** kustomize writes the documents as Flux's substitution sees them: keys sorted, and quotes only where YAML needs them. */
async function valuesOf(
  built: string,
  { variables, decryptor }: Decoding,
  secrets: string[],
): Promise<unknown[]> {
  const values: unknown[] = [];
  for (let value of parseYaml(built, 'the build')) {
    let text = built;
    const decrypted = decryptor && (await decryptDocument(decryptor, value));
    if (decrypted) {
      ({ value } = decrypted);
      secrets.push(...decrypted.secrets);
      text = formatYaml(value);
    }
    const substituted = variables && substitute({ text, value }, variables);
    if (substituted === undefined) values.push(value);
    else values.push(...parseYaml(substituted, `${titleOf(value)} after variable substitution`));
  }
  return values;
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

/** An encrypted object must never reach the cluster: whoever reads it there would take the ciphertext for the value. */
function refuseEncrypted(object: KubeObject): void {
  if (!isEncrypted(object)) return;
  const isSecret = object.kind === 'Secret' && object.apiVersion === 'v1';
  if (optsOut(object) && !isSecret) return;
  const title = describeRef(refOf(object));
  const advice = isSecret
    ? 'configuring decryption is required for this secret to be reconciled'
    : 'set spec.decryption, or kustomize.toolkit.fluxcd.io/decrypt: disabled on it to apply it as it is';
  throw fail('ApplyFailed', `${title} is SOPS encrypted, ${advice}`);
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
