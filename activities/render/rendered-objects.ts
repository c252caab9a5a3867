import type { Cluster } from '../cluster/client.ts';
import type { LoadedKustomization } from '../cluster/kustomizations.ts';
import type { RenderedObjects } from '../cluster/rendered.ts';
import type { Pass } from '../contract.ts';
import { fail } from '../failures.ts';
import type { Renderer } from './renderer.ts';
import { loadVariables } from './substitution/variables.ts';

/**
 * Gives the rendered objects of a pass to every stage: they stay on the worker that rendered them, and another one renders again. Fails
 * with Superseded where a variable changed since the pass rendered, so that all stages work on the same objects.
 */
export function renderedObjects(
  cluster: Cluster,
  renderer: Renderer,
  load: (pass: Pass) => Promise<LoadedKustomization>,
): RenderedObjects {
  return async (pass) => {
    const { spec } = await load(pass);
    const { namespace, name } = pass.key;
    const variables = await loadVariables(cluster, spec, namespace);
    const set = await renderer.render(spec, pass, { variables });
    if (pass.digest === undefined || pass.digest === set.digest) return set;
    const title = `Kustomization/${namespace}/${name}`;
    throw fail('Superseded', `what ${title} is built from changed during the pass`);
  };
}
