import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { fail } from '../failures.ts';
import { findKustomizationFile, type KustomizationFile } from './kustomization-file.ts';
import { parseYaml } from './yaml.ts';

/**
 * The kustomization of a directory that has none, by Flux's rules: every .yaml and .yml below it, hidden ones too, and directories with
 * a kustomization of their own as a whole. Raises BuildFailed for a file that holds no Kubernetes objects.
 */
export async function generateKustomization(
  directory: string,
  root: string,
): Promise<KustomizationFile> {
  const resources: string[] = [];
  await collect(directory, directory, root, resources);
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources,
  };
}

async function collect(
  directory: string,
  base: string,
  root: string,
  resources: string[],
): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  // The order of a directory differs between machines, that of a build must not.
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (await findKustomizationFile(path)) resources.push(relative(base, path));
      else await collect(path, base, root, resources);
    } else if (entry.isFile() && ['.yaml', '.yml'].includes(extname(entry.name))) {
      await check(path, relative(root, path));
      resources.push(relative(base, path));
    }
  }
}

async function check(file: string, title: string): Promise<void> {
  for (const value of parseYaml(await readFile(file, 'utf8'), title)) {
    const valid =
      typeof value === 'object' &&
      value !== null &&
      'apiVersion' in value &&
      'kind' in value &&
      typeof value.kind === 'string';
    if (valid) continue;
    throw fail(
      'BuildFailed',
      `${title} holds something that is no Kubernetes object (no apiVersion or kind): correct it, or keep the file out with .sourceignore or a kustomization.yaml`,
    );
  }
}
