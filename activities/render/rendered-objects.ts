import type { Cluster } from '../cluster/client.ts';
import type { LoadedKustomization } from '../cluster/kustomizations.ts';
import type { RenderedObjects } from '../cluster/rendered.ts';
import type { ObjectKey, Pass } from '../contract.ts';
import { fail } from '../failures.ts';
import { loadKeys } from './decryption/keys.ts';
import type { Renderer } from './renderer.ts';
import { loadVariables } from './substitution/variables.ts';

/** Where the parts of a rendering come from. */
export interface RenderSources {
  readonly cluster: Cluster;
  readonly renderer: Renderer;
  readonly load: (pass: Pass) => Promise<LoadedKustomization>;
  /** The Secret with the age keys of Kustomizations whose decryption names no Secret. */
  readonly ageSecret: ObjectKey | undefined;
  /** Fails a build for a variable that is not set; takes it as empty where false. */
  readonly strictSubstitution: boolean;
}

/**
 * Gives the rendered objects of a pass to every stage: they stay on the worker that rendered them, and another one renders again. Fails
 * with Superseded where a variable or a key changed since the pass rendered, so that all stages work on the same objects.
 */
export function renderedObjects({
  cluster,
  renderer,
  load,
  ageSecret,
  strictSubstitution,
}: RenderSources): RenderedObjects {
  return async (pass, loaded) => {
    const { spec } = loaded ?? (await load(pass));
    const { namespace, name } = pass.key;
    const found = await loadVariables(cluster, spec, namespace);
    const variables = found && { ...found, lenient: !strictSubstitution };
    const keys = await loadKeys(cluster, spec, { namespace, globalSecret: ageSecret });
    const set = await renderer.render(spec, pass, { variables, keys });
    if (pass.digest === undefined || pass.digest === set.digest) return set;
    const title = `Kustomization/${namespace}/${name}`;
    throw fail('Superseded', `what ${title} is built from changed during the pass`);
  };
}
