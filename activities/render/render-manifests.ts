import type { LoadedKustomization } from '../cluster/kustomizations.ts';
import type { Pass, Rendered } from '../contract.ts';
import type { Renderer } from './renderer.ts';

/** The render stage: builds the manifests of a pass, leaves them in this worker's cache, and hands on their digest and count. */
export async function renderManifests(
  renderer: Renderer,
  load: (pass: Pass) => Promise<LoadedKustomization>,
  pass: Pass,
): Promise<Rendered> {
  const { spec } = await load(pass);
  const { digest, objects } = await renderer.render(spec, pass);
  return { digest, objects: objects.length };
}
