import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KustomizationFile } from './kustomization-file.ts';
import { runKustomize, type PreparedBuild } from './kustomize.ts';
import { joinDocuments, manifestDocuments, type ManifestDocument } from './manifest-documents.ts';
import { kindOf } from './paths.ts';

/** A build, and the kustomization of its directory. */
export type DivisibleBuild = PreparedBuild & { readonly content: KustomizationFile };

/**
 * Builds as kustomize does, whose time grows with the square of the objects: a large kustomization that lists nothing but manifests, and
 * changes each object by itself, is built in parts, with what refers to each other in one of them. Where the parts fail, or make one
 * object twice, kustomize builds the whole and has the last word. Raises BuildFailed.
 */
export async function runBuild(
  binary: string,
  build: DivisibleBuild,
  workDir: string,
  documentsInPart = usualDocumentsInPart,
): Promise<string> {
  const home = join(workDir, 'home');
  const parts = await partsOf(build, join(workDir, 'parts'), documentsInPart);
  const output = parts && (await buildParts(binary, build, parts, home).catch(() => undefined));
  return output ?? runKustomize(binary, build, home);
}

/** Starting kustomize takes as long as it takes with the square of some 150. */
const usualDocumentsInPart = 250;

/** Fields that change each object by itself, without regard to another. */
const divisible = new Set([
  ...['apiVersion', 'kind', 'resources', 'namespace', 'images'],
  ...['labels', 'commonLabels', 'commonAnnotations'],
]);

/** Writes the parts into directories of their own; undefined for a build that is small, or that has to stay whole. */
async function partsOf(
  { remote, directory, content }: DivisibleBuild,
  partsDir: string,
  documentsInPart: number,
): Promise<string[] | undefined> {
  const { kind = 'Kustomization', resources } = content;
  const isDivisible = Object.keys(content).every((field) => divisible.has(field));
  if (remote || !isDivisible || kind !== 'Kustomization' || !Array.isArray(resources))
    return undefined;
  const documents = await documentsOf(resources, directory);
  if (!documents || documents.length < 2 * documentsInPart) return undefined;
  const parts = partition(documents, documentsInPart);
  return Promise.all(parts.map((part, at) => writePart(join(partsDir, String(at)), content, part)));
}

type Sourced = ManifestDocument & { readonly source: number };

async function documentsOf(
  resources: readonly unknown[],
  directory: string,
): Promise<Sourced[] | undefined> {
  const documents: Sourced[] = [];
  for (const [source, resource] of resources.entries()) {
    if (typeof resource !== 'string') return undefined;
    const place = join(directory, resource);
    if ((await kindOf(place)) !== 'file') return undefined;
    const found = manifestDocuments(await readFile(place, 'utf8'));
    if (!found) return undefined;
    for (const document of found) documents.push({ ...document, source });
  }
  return documents;
}

/** The first part holds what kustomize compares with other objects, the others are of one size. */
function partition(documents: readonly Sourced[], size: number): Sourced[][] {
  const kinds = new Set(documents.map(({ kind }) => kind));
  const isBound = (kind: string): boolean =>
    clusterScoped.test(kind) || (referrers[kind]?.some((other) => kinds.has(other)) ?? false);
  const bound = documents.filter(({ kind }) => isBound(kind));
  const free = documents.filter(({ kind }) => !isBound(kind));
  const parts = bound.length > 0 ? [bound] : [];
  for (let at = 0; at < free.length; at += size) parts.push(free.slice(at, at + size));
  return parts;
}

/** What takes over the namespace of an object that it refers to, beside its name. */
const referrers: Readonly<Record<string, readonly string[]>> = {
  RoleBinding: ['ServiceAccount'],
  ServiceAccount: ['RoleBinding', 'ClusterRoleBinding'],
  Service: ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
};
/** Two of these are the same by their name alone, whatever namespace they carry. */
const clusterScoped =
  /^(?:Cluster.*|.*Class|.*WebhookConfiguration|.*AdmissionPolicy(?:Binding)?|CSI(?:Driver|Node)|Namespace|Node|PersistentVolume|CustomResourceDefinition|APIService|VolumeAttachment|FlowSchema|PriorityLevelConfiguration|CertificateSigningRequest|PodSecurityPolicy)$/;

async function writePart(
  directory: string,
  content: KustomizationFile,
  documents: readonly Sourced[],
): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const resources: string[] = [];
  for (const source of new Set(documents.map((document) => document.source))) {
    const own = documents.filter((document) => document.source === source);
    await writeFile(join(directory, `${source}.yaml`), joinDocuments(own), { mode: 0o600 });
    resources.push(`${source}.yaml`);
  }
  const file = JSON.stringify({ ...content, resources });
  await writeFile(join(directory, 'kustomization.yaml'), file);
  return directory;
}

/** The output of all parts; undefined where an object is not told apart from the others for sure. */
async function buildParts(
  binary: string,
  build: PreparedBuild,
  parts: readonly string[],
  home: string,
): Promise<string | undefined> {
  const outputs: string[] = [];
  for (const directory of parts) {
    outputs.push(await runKustomize(binary, { ...build, directory }, home));
  }
  const output = outputs.filter((text) => text !== '').join('---\n');
  const identities = output.split(/^---\n/m).map(identityOf);
  const isSure = !identities.includes(undefined) && new Set(identities).size === identities.length;
  return isSure ? output : undefined;
}

/** What kustomize tells objects apart by, from a document in the form that it writes. */
function identityOf(document: string): string | undefined {
  const [metadata = ''] = /^metadata:\n(?: .*\n|\n)*/m.exec(document) ?? [];
  const found = [
    /^apiVersion: (.+)$/m.exec(document),
    /^kind: (.+)$/m.exec(document),
    /^ {2}name: (.+)$/m.exec(metadata),
  ];
  const namespace = /^ {2}namespace: (.+)$/m.exec(metadata)?.[1] ?? 'default';
  const known = found.flatMap((field) => field?.[1] ?? []);
  return known.length < found.length ? undefined : JSON.stringify([...known, namespace]);
}
