import { isSameInventory } from '../cluster/inventory.ts';
import { hasHealthChecks, type LoadedKustomization } from '../cluster/kustomizations.ts';
import type { Opened } from '../cluster/pass-tools.ts';
import type { Compared, Pass } from '../contract.ts';
import { openApply, type ApplyTools } from './opening.ts';
import { planStage } from './plan.ts';

/** What the comparison works with. */
export interface CompareTools extends ApplyTools {
  /** Digest of all that a pass would build from; undefined where it can not be told. */
  readonly inputs: (pass: Pass, loaded: LoadedKustomization) => Promise<string | undefined>;
  /** What is not healthy, in words; undefined where all is well. */
  readonly unhealthy: (pass: Pass, opened: Opened) => Promise<string | undefined>;
}

/**
 * Looks whether a pass would find anything to do, and writes nothing: what it would build from is what the last good pass was built from, every
 * object stands as it is declared, nothing is left to prune, and what is waited for is healthy. Whatever it can not tell is left to a pass.
 */
export async function compareObjects(
  tools: CompareTools,
  pass: Pass,
  inputs: string,
): Promise<Compared> {
  const loaded = await tools.load(pass);
  if ((await tools.inputs(pass, loaded)) !== inputs)
    return { objects: 0, differs: 'what it is built from has changed' };
  const { context, objects, known, current } = await openApply(tools, pass, loaded);
  const compared = { objects: objects.length };
  if (!isSameInventory(known, current))
    return { ...compared, differs: 'the inventory is not that of its objects' };
  const decisions = await planStage(context, objects);
  const other = decisions.filter(({ action }) => action !== 'nothing' && action !== 'skip');
  if (other.length > 0)
    return { ...compared, differs: `${other.length} objects are not as declared` };
  if (!hasHealthChecks(loaded.spec)) return compared;
  const unhealthy = await tools.unhealthy(pass, { loaded, target: context.cluster });
  return unhealthy === undefined ? compared : { ...compared, differs: unhealthy };
}
