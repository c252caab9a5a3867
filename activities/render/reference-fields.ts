import type { KustomizationFile } from './kustomization-file.ts';

/** A place where a kustomization file, or a plugin configuration, names a file. */
export interface Reference {
  /** As the author wrote it; compare it by canonicalField. */
  readonly field: string;
  /** The path, or an inline document where the field takes either; undefined for what is no text. */
  readonly path: string | undefined;
  /** Whether what it names refers to files in its turn: another kustomization, or a plugin configuration. */
  readonly follow: 'kustomization' | 'configuration' | undefined;
}

/** Every file that a kustomization file or a plugin configuration names, field by field. */
export function fileReferences(content: KustomizationFile): Reference[] {
  const references: Reference[] = [];
  for (const [field, value] of Object.entries(content)) {
    const follow = followed[canonicalField(field)];
    for (const path of pathsOf(field, value)) references.push({ field, path, follow });
  }
  return references;
}

/** A field name as kustomize compares it: without regard to case, and with the letters of Unicode that fold to ASCII. */
export function canonicalField(field: string): string {
  return field.toUpperCase().toLowerCase();
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
  'patchesstrategicmerge',
  'files',
  'envs',
  'env',
  'path',
  'paths',
  'targetfilepath',
  'charthome',
]);
/** Fields whose items have path fields of their own. */
const nestedFields = new Set([
  'patches',
  'patchesjson6902',
  'replacements',
  'openapi',
  'helmglobals',
  'configmapgenerator',
  'secretgenerator',
]);

function pathsOf(name: string, value: unknown): Reference['path'][] {
  const field = canonicalField(name);
  if (nestedFields.has(field)) return itemsOf(value).flatMap(nestedPaths);
  if (!pathFields.has(field)) return [];
  const paths = itemsOf(value).map((item) => (typeof item === 'string' ? item : undefined));
  if (field === 'files') return paths.map((path) => path?.slice(path.indexOf('=') + 1));
  // Either a file or the patch itself, and only the file is a reference.
  return field === 'patchesstrategicmerge' ? paths.filter((path) => !path?.includes('\n')) : paths;
}

function nestedPaths(item: unknown): Reference['path'][] {
  // Kustomize takes mappings alone here; whatever else is there is refused like a path that is no text.
  if (typeof item !== 'object' || item === null) return [undefined];
  return Object.entries(item)
    .filter(([name]) => pathFields.has(canonicalField(name)))
    .flatMap(([name, value]) => pathsOf(name, value));
}

function itemsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}
