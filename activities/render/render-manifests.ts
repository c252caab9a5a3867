import type { RenderedObjects } from '../cluster/rendered.ts';
import type { Pass, Rendered } from '../contract.ts';

/** The render stage: builds the manifests of a pass, leaves them in this worker's cache, and hands on their digest and count. */
export async function renderManifests(rendered: RenderedObjects, pass: Pass): Promise<Rendered> {
  const { digest, objects } = await rendered(pass);
  return { digest, objects: objects.length };
}
