import { relative, resolve } from 'node:path';
import { fail } from '../failures.ts';
import {
  findKustomizationFile,
  readKustomizationFile,
  type KustomizationFile,
} from './kustomization-file.ts';
import { isInside, kindOf } from './paths.ts';
import { canonicalField, fileReferences, type Reference } from './reference-fields.ts';
import { parseStrictYaml, readStrictYaml } from './strict-yaml.ts';

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
  if (walk.seen.size > maxVisits) throw tooMany();
  const file = await findKustomizationFile(directory);
  const title = relative(walk.root, directory) || '.';
  if (!file) throw fail('BuildFailed', `${from} refers to ${title}, which has no kustomization`);
  const name = relative(walk.root, file);
  await visitFields(walk, await readKustomizationFile(file, name), directory, name);
}

function tooMany(): Error {
  return fail('BuildFailed', `the build refers to more than ${maxVisits} files and directories`);
}

async function visitFields(
  walk: Walk,
  content: KustomizationFile,
  directory: string,
  from: string,
): Promise<void> {
  if (Object.keys(content).some((field) => helmFields.has(canonicalField(field)))) {
    throw fail(
      'BuildFailed',
      `${from} inflates Helm charts, which a build may not: use a HelmRelease`,
    );
  }
  for (const reference of fileReferences(content)) {
    await visit(walk, reference, directory, from);
  }
}

const helmFields = new Set(['helmcharts', 'helmchartinflationgenerator']);

async function visit(
  walk: Walk,
  { path, follow, field }: Reference,
  directory: string,
  from: string,
): Promise<void> {
  if (path === undefined) throw fail('BuildFailed', `${from}: ${field} names what is no path`);
  if (path.includes('\n')) {
    // An inline document stands where a path could; a plugin configuration may refer to files in its turn.
    if (follow) await visitConfiguration(walk, parseStrictYaml(path, from), directory, from);
    return;
  }
  // Asked first, as kustomize does: a directory of the same name makes it no local path.
  if (follow ? isRemote(path) : /^https?:/i.test(path)) {
    allowRemote(walk, path, `${from}: ${field}`);
    return;
  }
  await visitLocal(walk, { path, follow, field }, directory, from);
}

async function visitLocal(
  walk: Walk,
  { path, follow, field }: Reference & { path: string },
  directory: string,
  from: string,
): Promise<void> {
  const target = resolve(directory, path);
  const found = await placeWithin(walk, target);
  if (!found) {
    const fault = isInside(walk.root, target) ? 'is not there' : 'lies outside of the artifact';
    throw fail('BuildFailed', `${from}: ${field} refers to "${path}", which ${fault}`);
  }
  if (encryptable.has(canonicalField(field)) && found === 'file') walk.encryptable.add(target);
  if (follow === 'kustomization' && found === 'directory') await visitDirectory(walk, target, from);
  if (follow !== 'configuration') return;
  if (found === 'directory') await visitConfigurations(walk, target, directory);
  else await visitFile(walk, target, directory);
}

async function placeWithin({ root, places }: Walk, target: string): ReturnType<typeof kindOf> {
  const found = isInside(root, target) ? await kindOf(target) : undefined;
  if (found) places.add(target);
  return found;
}

const encryptable = new Set([
  'secretgenerator',
  'patches',
  'patchesstrategicmerge',
  'patchesjson6902',
]);

/** A directory of plugin configurations: they are only listed there, since whatever changed them would do it after this check. */
async function visitConfigurations(walk: Walk, place: string, directory: string): Promise<void> {
  if (walk.seen.size > maxVisits) throw tooMany();
  const file = await findKustomizationFile(place);
  const title = relative(walk.root, file ?? place);
  if (!file) throw fail('BuildFailed', `${title} has no kustomization`);
  const content = await readKustomizationFile(file, title);
  const other = Object.keys(content).find((field) => !plainFields.has(field));
  if (other) {
    const rule = 'a directory of plugin configurations may only list them as resources';
    throw fail('BuildFailed', `${title} has the field ${other}: ${rule}`);
  }
  for (const { path = '', field } of fileReferences(content)) {
    const target = resolve(place, path);
    const found = isRemote(path) ? undefined : await placeWithin(walk, target);
    if (found === 'directory') await visitConfigurations(walk, target, directory);
    else if (found === 'file') await visitFile(walk, target, directory);
    else {
      const fault = `${title}: ${field} refers to "${withoutSecrets(path)}"`;
      throw fail('BuildFailed', `${fault}, which is no file of the artifact`);
    }
  }
}

const plainFields = new Set(['apiVersion', 'kind', 'metadata', 'resources']);

/** Kustomize resolves what a configuration names from the directory of the kustomization, not of the configuration. */
async function visitFile(walk: Walk, file: string, directory: string): Promise<void> {
  const visited = `${directory}\0${file}`;
  if (walk.seen.has(visited)) return;
  walk.seen.add(visited);
  const title = relative(walk.root, file);
  await visitConfiguration(walk, await readStrictYaml(file, title), directory, title);
}

/** A generator or transformer configuration names files in the same fields as a kustomization file. */
async function visitConfiguration(
  walk: Walk,
  values: readonly unknown[],
  directory: string,
  from: string,
): Promise<void> {
  for (const value of values) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw fail('BuildFailed', `${from} holds something that is no plugin configuration`);
    }
    if ('kind' in value && value.kind === 'HelmChartInflationGenerator') {
      throw fail('BuildFailed', `${from} inflates a Helm chart, which a build may not`);
    }
    const content: KustomizationFile = { ...value };
    for (const items of listsIn(content)) await visitConfiguration(walk, items, directory, from);
    for (const reference of fileReferences(content)) await visit(walk, reference, directory, from);
  }
}

/** Kustomize unpacks lists of configurations. */
function listsIn(content: KustomizationFile): unknown[][] {
  return Object.entries(content).flatMap(([field, items]: [string, unknown]) =>
    canonicalField(field) === 'items' && Array.isArray(items) ? [items] : [],
  );
}

function allowRemote(walk: Walk, path: string, place: string): void {
  const title = `${place} refers to a remote base, ${withoutSecrets(path)}`;
  if (walk.noRemoteBases) throw fail('BuildFailed', `${title}, and this worker refuses those`);
  if (!/^(https?:\/\/|(github|gitlab|bitbucket)\.[a-z]+\/)/i.test(path)) {
    throw fail('BuildFailed', `${title}, which is not on http or https`);
  }
  walk.remote = true;
}

/** Everything that kustomize would take for an address, and a little more. */
function isRemote(path: string): boolean {
  const url = /^([a-z][a-z0-9+.-]*:|[^/]+@)/i;
  return url.test(path) || /^(github|gitlab|bitbucket)\.[a-z]+[:/]/i.test(path);
}

/** An address may carry credentials in its user part or in its query. */
function withoutSecrets(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '');
}
