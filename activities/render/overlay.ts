import type { Kustomization } from '../../api/index.ts';
import type { KustomizationFile } from './kustomization-file.ts';

type Spec = Kustomization['spec'];
type Image = NonNullable<Spec['images']>[number];

/**
 * The kustomization file with the fields of the spec laid over it: names and namespace replace, patches and components are appended,
 * images are merged by name. `components` are those of the spec that are to be used.
 */
export function withSpec(
  file: KustomizationFile,
  spec: Spec,
  components: readonly string[],
): KustomizationFile {
  const { targetNamespace, namePrefix, nameSuffix, patches = [], images, buildMetadata } = spec;
  return {
    ...file,
    ...(targetNamespace ? { namespace: targetNamespace } : {}),
    ...(namePrefix ? { namePrefix } : {}),
    ...(nameSuffix ? { nameSuffix } : {}),
    ...(patches.length > 0 ? { patches: [...list(file['patches']), ...patches] } : {}),
    ...(components.length > 0 ? { components: [...list(file['components']), ...components] } : {}),
    ...(images ? { images: mergeImages(list(file['images']), images) } : {}),
    ...(buildMetadata ? { buildMetadata } : {}),
  };
}

/** True when the spec changes nothing of the kustomization file. */
export function isPlain(spec: Spec): boolean {
  const { targetNamespace, namePrefix, nameSuffix, patches, images, components } = spec;
  return ![targetNamespace, namePrefix, nameSuffix, patches, images, components, spec.buildMetadata]
    .map((field) => (Array.isArray(field) ? field.length > 0 : field !== undefined))
    .includes(true);
}

/** True for a file from which kustomize would build nothing, which it takes for an error and we do not. */
export function isEmptyFile(file: KustomizationFile): boolean {
  return Object.entries(file)
    .filter(([name]) => !['apiVersion', 'kind', 'metadata'].includes(name))
    .every(([, value]) => value === null || (Array.isArray(value) && value.length === 0));
}

function mergeImages(inFile: readonly unknown[], wanted: readonly Image[]): unknown[] {
  const merged = [...inFile];
  for (const image of wanted) {
    const at = merged.findIndex((row) => isRecord(row) && row['name'] === image.name);
    if (at < 0) merged.push(image);
    else merged[at] = mergeImage(merged[at], image);
  }
  return merged;
}

/** Tag and digest are one unit: whoever sets one of them clears what the file says of both. */
function mergeImage(before: unknown, { name, newName, newTag, digest }: Image): unknown {
  const row = isRecord(before) ? { ...before } : {};
  if (newTag !== undefined || digest !== undefined) {
    delete row['newTag'];
    delete row['digest'];
  }
  return {
    ...row,
    name,
    ...(newName ? { newName } : {}),
    ...(newTag ? { newTag } : {}),
    ...(digest ? { digest } : {}),
  };
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
