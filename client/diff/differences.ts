import { stat } from 'node:fs/promises';
import type { Cluster } from '../../activities/cluster/client.ts';
import { loadKustomization } from '../../activities/cluster/kustomizations.ts';
import { createTargets } from '../../activities/cluster/targets.ts';
import { readSource } from '../../activities/cluster/source.ts';
import type { ArtifactRef, ObjectKey } from '../../activities/contract.ts';
import { resolveTool } from '../../deploy/dev/index.ts';
import { CliError } from '../cli/failure.ts';
import { previewSync, type ObjectDifference } from './preview.ts';
import { renderHere } from './render-here.ts';

/** What the next sync of a Kustomization would change. Raises CliError where it is not there or has no artifact. */
export async function differencesOf(
  cluster: Cluster,
  key: ObjectKey,
  path?: string,
): Promise<ObjectDifference[]> {
  const loaded = await loadKustomization(cluster, key);
  const title = `Kustomization/${key.namespace}/${key.name}`;
  if (!loaded) throw new CliError(`${title} is not there`, 'sluice get ks -A lists what is');
  if (path !== undefined && !(await stat(path).catch(() => undefined))?.isDirectory()) {
    throw new CliError(`--path ${path} is no directory`, 'name a directory of your checkout');
  }
  const artifact = await artifactOf(cluster, loaded.spec.sourceRef, key, path !== undefined);
  const kustomize = await resolveTool('kustomize');
  const sops = loaded.spec.decryption ? await resolveTool('sops') : '';
  const set = await renderHere({ cluster, kustomize, sops, artifact, path }, key, loaded);
  // Whoever looks does so with the own rights, on whatever cluster the objects are.
  const spec = { ...loaded.spec, serviceAccountName: undefined };
  const targets = createTargets(cluster, { insecureKubeconfigTls: false });
  try {
    const target = await targets.open({ ...loaded, spec }, key);
    return await previewSync(target, key, loaded, set);
  } finally {
    await targets.close();
  }
}

async function artifactOf(
  cluster: Cluster,
  sourceRef: Parameters<typeof readSource>[1],
  { namespace }: ObjectKey,
  isLocal: boolean,
): Promise<ArtifactRef> {
  // Local files are rendered anew in every call, whatever they are called.
  if (isLocal) return { url: '', digest: '', revision: 'local' };
  const { artifact, why } = await readSource(cluster, sourceRef, namespace);
  if (artifact) return artifact;
  throw new CliError(why, 'wait for the source, or compare a checkout with --path');
}
