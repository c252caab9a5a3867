import type { KustomizationFile } from './kustomization-file.ts';

/** A place where a kustomization file, or a plugin configuration, names a file. */
export interface Reference {
  readonly field: string;
  /** The path, or an inline document where the field takes either. */
  readonly path: string;
  /** Whether what it names refers to files in its turn: another kustomization, or a plugin configuration. */
  readonly follow: 'kustomization' | 'configuration' | undefined;
}

/** Every file that a kustomization file or a plugin configuration names, field by field. */
export function fileReferences(content: KustomizationFile): Reference[] {
  const references: Reference[] = [];
  for (const [field, value] of Object.entries(content)) {
    const follow = followed[field];
    for (const path of pathsOf(field, value)) references.push({ field, path, follow });
  }
  return references;
}

const followed: Record<string, Reference['follow']> = {
  resources: 'kustomization',
  bases: 'kustomization',
  components: 'kustomization',
  generators: 'configuration',
  transformers: 'configuration',
  validators: 'configuration',
};

/** Fields whose text, or whose items' text, is a path. */
const pathFields = new Set([
  ...Object.keys(followed),
  'crds',
  'configurations',
  'patchesStrategicMerge',
  'files',
  'envs',
  'env',
  'path',
  'paths',
  'chartHome',
]);
/** Fields whose items have path fields of their own. */
const nestedFields = new Set([
  'patches',
  'patchesJson6902',
  'replacements',
  'openapi',
  'helmGlobals',
  'configMapGenerator',
  'secretGenerator',
]);

function pathsOf(field: string, value: unknown): string[] {
  if (nestedFields.has(field)) return itemsOf(value).flatMap(nestedPaths);
  if (!pathFields.has(field)) return [];
  const paths = itemsOf(value).filter((item) => typeof item === 'string');
  if (field === 'files') return paths.map((path) => path.slice(path.indexOf('=') + 1));
  // Either a file or the patch itself, and only the file is a reference.
  return field === 'patchesStrategicMerge' ? paths.filter((path) => !path.includes('\n')) : paths;
}

function nestedPaths(item: unknown): string[] {
  if (typeof item !== 'object' || item === null) return [];
  return Object.entries(item)
    .filter(([name]) => pathFields.has(name))
    .flatMap(([name, value]) => pathsOf(name, value));
}

function itemsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}
