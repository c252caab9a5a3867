/** A YAML document of a file, as kustomize takes the file apart. */
export interface ManifestDocument {
  readonly kind: string;
  readonly text: string;
  /** Whether it ends its file, where a missing line break can be part of a value. */
  readonly last: boolean;
}

/**
 * Takes a file of manifests apart without reading its values. Undefined where that is no sure thing: for a document whose kind is not a
 * line of its own, a List, a YAML directive, or what is a word to kustomize itself.
 */
export function manifestDocuments(file: string): ManifestDocument[] | undefined {
  const text = file.replaceAll('\r\n', '\n');
  if (special.test(text)) return undefined;
  const texts = text.split(separator);
  const documents: ManifestDocument[] = [];
  for (const [at, one] of texts.entries()) {
    if (isEmpty(one)) continue;
    const kind = kindIn(one);
    if (kind === undefined) return undefined;
    documents.push({ kind, text: one, last: at === texts.length - 1 });
  }
  return documents;
}

/** Documents of one file as a file again, each as it was. */
export function joinDocuments(documents: readonly ManifestDocument[]): string {
  const end = documents.at(-1)?.last ? '' : '\n';
  return documents.map(({ text }) => text).join('\n---\n') + end;
}

/** A line of hyphens with at most a comment. */
const separator = /\n---[^\S\n]*(?:#.*)?\n/;
/** Directives, ends of documents, hyphens with content, annotations and files of kustomize; other line breaks, and what was no UTF-8. */
const special =
  /^(?:%|\.\.\.|---[^\S\n]*[^\s#])|config\.(?:kubernetes|k8s)\.io\/|[\r\u0085\u2028\u2029\ufeff\ufffd]/m;

function isEmpty(document: string): boolean {
  return document.split('\n').every((line) => /^(?:---)?\s*(?:#.*)?$/.test(line));
}

function kindIn(document: string): string | undefined {
  const [line = '', ...more] = document.match(/^["']?kind["']?[^\S\n]*:.*$/gm) ?? [];
  const [, kind] = /^kind:[^\S\n]+["']?(\w+)["']?[^\S\n]*(?:#.*)?$/.exec(line) ?? [];
  return more.length > 0 || kind?.endsWith('List') ? undefined : kind;
}
