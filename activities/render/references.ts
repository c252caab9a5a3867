import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fail } from '../failures.ts';
import {
  findKustomizationFile,
  readKustomizationFile,
  type KustomizationFile,
} from './kustomization-file.ts';
import { isInside, kindOf } from './paths.ts';
import { fileReferences, type Reference } from './reference-fields.ts';
import { parseYaml } from './yaml.ts';

/** The kustomization that a build begins with. */
export interface BuildStart {
  /** Nothing outside of it may be referred to. */
  readonly root: string;
  readonly directory: string;
  /** Path of its file below the root, as its author knows it. */
  readonly title: string;
  readonly content: KustomizationFile;
}

/** What the references of a build say of it. */
export interface ReferenceReport {
  /** True when something comes from another host. */
  readonly remote: boolean;
  /** Files that may be encrypted: those of generators of Secrets and of patches. */
  readonly encryptable: readonly string[];
  /** The directories with a kustomization of the build, and the files it names beside them. */
  readonly places: readonly string[];
}

/**
 * Follows every file reference of a kustomization, before kustomize sees it, and raises BuildFailed for one that leaves the artifact
 * or, where `noRemoteBases` says so, the machine. Kustomize's own restriction is too narrow for Flux's users: it stops at the directory.
 */
export async function checkReferences(
  { root, directory, title, content }: BuildStart,
  noRemoteBases: boolean,
): Promise<ReferenceReport> {
  const walk: Walk = {
    root,
    noRemoteBases,
    seen: new Set([directory]),
    places: new Set([directory]),
    encryptable: new Set(),
    remote: false,
  };
  await visitFields(walk, content, directory, title);
  return { remote: walk.remote, encryptable: [...walk.encryptable], places: [...walk.places] };
}

interface Walk {
  readonly root: string;
  readonly noRemoteBases: boolean;
  readonly seen: Set<string>;
  readonly places: Set<string>;
  readonly encryptable: Set<string>;
  remote: boolean;
}

const maxVisits = 20_000;

async function visitDirectory(walk: Walk, directory: string, from: string): Promise<void> {
  if (walk.seen.has(directory)) return;
  walk.seen.add(directory);
  if (walk.seen.size > maxVisits) {
    throw fail('BuildFailed', `the build refers to more than ${maxVisits} files and directories`);
  }
  const file = await findKustomizationFile(directory);
  const title = relative(walk.root, directory) || '.';
  if (!file) throw fail('BuildFailed', `${from} refers to ${title}, which has no kustomization`);
  const name = relative(walk.root, file);
  await visitFields(walk, await readKustomizationFile(file, name), directory, name);
}

async function visitFields(
  walk: Walk,
  content: KustomizationFile,
  directory: string,
  from: string,
): Promise<void> {
  if ('helmCharts' in content || 'helmChartInflationGenerator' in content) {
    throw fail(
      'BuildFailed',
      `${from} inflates Helm charts, which a build may not: use a HelmRelease`,
    );
  }
  for (const reference of fileReferences(content)) {
    await visit(walk, reference, directory, from);
  }
}

async function visit(
  walk: Walk,
  { path, follow, field }: Reference,
  directory: string,
  from: string,
): Promise<void> {
  if (path.includes('\n')) {
    // An inline document stands where a path could; a plugin configuration may refer to files in its turn.
    if (follow) await visitConfiguration(walk, path, directory, from);
    return;
  }
  const target = resolve(directory, path);
  const found = await placeWithin(walk, target);
  if (found === 'directory' && follow) await visitDirectory(walk, target, from);
  else if (found === 'file' && follow === 'configuration') await visitFile(walk, target, directory);
  else if (found === 'file' && encryptable.has(field)) walk.encryptable.add(target);
  else if (!found) refuseOrAllow(walk, { path, field, from }, target);
}

async function placeWithin({ root, places }: Walk, target: string): ReturnType<typeof kindOf> {
  const found = isInside(root, target) ? await kindOf(target) : undefined;
  if (found) places.add(target);
  return found;
}

const encryptable = new Set([
  'secretGenerator',
  'patches',
  'patchesStrategicMerge',
  'patchesJson6902',
]);

/** Kustomize resolves what a configuration names from the directory of the kustomization, not of the configuration. */
async function visitFile(walk: Walk, file: string, directory: string): Promise<void> {
  const visited = `${directory}\0${file}`;
  if (walk.seen.has(visited)) return;
  walk.seen.add(visited);
  await visitConfiguration(
    walk,
    await readFile(file, 'utf8'),
    directory,
    relative(walk.root, file),
  );
}

/** A generator or transformer configuration names files in the same fields as a kustomization file. */
async function visitConfiguration(
  walk: Walk,
  text: string,
  directory: string,
  from: string,
): Promise<void> {
  for (const value of parseYaml(text, from)) {
    if (typeof value !== 'object' || value === null) continue;
    if ('kind' in value && value.kind === 'HelmChartInflationGenerator') {
      throw fail('BuildFailed', `${from} inflates a Helm chart, which a build may not`);
    }
    const content: KustomizationFile = { ...value };
    for (const reference of fileReferences(content)) await visit(walk, reference, directory, from);
  }
}

function refuseOrAllow(
  walk: Walk,
  { path, field, from }: { path: string; field: string; from: string },
  target: string,
): void {
  if (!isRemote(path)) {
    const fault = isInside(walk.root, target) ? 'is not there' : 'lies outside of the artifact';
    throw fail('BuildFailed', `${from}: ${field} refers to "${path}", which ${fault}`);
  }
  const title = `${from}: ${field} refers to a remote base, ${withoutSecrets(path)}`;
  if (walk.noRemoteBases) throw fail('BuildFailed', `${title}, and this worker refuses those`);
  if (!/^(https?:\/\/|(github|gitlab|bitbucket)\.[a-z]+\/)/i.test(path)) {
    throw fail('BuildFailed', `${title}, which is not on http or https`);
  }
  walk.remote = true;
}

function isRemote(path: string): boolean {
  const url = /^([a-z][a-z0-9+.-]*:\/\/|git::|[^/]+@[^/]+:)/i;
  return url.test(path) || /^(github|gitlab|bitbucket)\.[a-z]+[:/]/i.test(path);
}

/** An address may carry credentials in its user part or in its query. */
function withoutSecrets(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '');
}
