import { join } from 'node:path';
import { fail } from '../failures.ts';
import { kindOf } from './paths.ts';
import { readStrictYaml } from './strict-yaml.ts';

/** A kustomization file as data; kustomize itself checks its fields. */
export type KustomizationFile = Record<string, unknown>;

/** The names under which kustomize looks for its file. */
export const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** The kustomization file of a directory, or nothing where it has none. More than one fails the build, as kustomize would. */
export async function findKustomizationFile(directory: string): Promise<string | undefined> {
  const found: string[] = [];
  for (const name of fileNames) {
    if ((await kindOf(join(directory, name))) === 'file') found.push(name);
  }
  if (found.length > 1) {
    throw fail('BuildFailed', `a directory holds ${found.join(' and ')}: keep one of them`);
  }
  return found[0] && join(directory, found[0]);
}

/** Reads a kustomization file; `title` is its path as the author knows it. Raises BuildFailed with the place of a fault. */
export async function readKustomizationFile(
  file: string,
  title: string,
): Promise<KustomizationFile> {
  const [first = {}, ...more] = await readStrictYaml(file, title);
  if (more.length > 0) throw fail('BuildFailed', `${title} holds more than one YAML document`);
  if (typeof first !== 'object' || first === null || Array.isArray(first)) {
    throw fail('BuildFailed', `${title} is no kustomization: its top level must be a mapping`);
  }
  return { ...first };
}
