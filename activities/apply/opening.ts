import { entryOf, type InventoryEntry } from '../cluster/inventory.ts';
import { read, type LoadedKustomization } from '../cluster/kustomizations.ts';
import { withNamespaces } from '../cluster/namespace.ts';
import { kindDefinedBy, type KubeObject } from '../cluster/object.ts';
import { ownerLabels, withOwner } from '../cluster/owner.ts';
import type { PassTools } from '../cluster/pass-tools.ts';
import { createRedact } from '../cluster/redact.ts';
import type { Pass } from '../contract.ts';
import { ignoredFields } from './ignore.ts';
import { normalize } from './normalize.ts';
import type { PlanContext } from './plan.ts';
import type { Standings } from './standing.ts';

/** What the platform team says of applying. */
export interface ApplyOptions {
  /** `group/Kind` of what is applied, and waited for, before all that is no definition and no class. */
  readonly customStageKinds: readonly string[];
  /** API calls of one Kustomization in flight. */
  readonly concurrency: number;
  /** Starts of the names of field managers whose fields are taken over, as those of kubectl are. */
  readonly overriddenManagers: readonly string[];
}

/** What the apply stage works with. */
export interface ApplyTools extends PassTools {
  readonly options: ApplyOptions;
  readonly standings: Standings;
}

/** What is applied, where, and what was applied before. */
export interface OpenedApply {
  readonly context: PlanContext;
  readonly objects: readonly KubeObject[];
  /** The inventory as it stands, and as it is once nothing but these objects is left. */
  readonly known: readonly InventoryEntry[];
  readonly current: readonly InventoryEntry[];
}

/** The objects of a pass as they are sent, and what it takes to compare them with the cluster. Reads alone. */
export async function openApply(
  tools: ApplyTools,
  pass: Pass,
  loaded: LoadedKustomization,
): Promise<OpenedApply> {
  const { spec, status, object } = loaded;
  const set = await tools.rendered(pass, loaded);
  const target = await tools.target(loaded, pass);
  const sent = set.objects.map((each) => withOwner(normalize(each), pass.key));
  const objects = await read(() => withNamespaces(target, sent));
  const known = status.inventory?.entries ?? [];
  const ids = new Set(known.map(({ id }) => id));
  const { uid = '', generation = 0 } = object.metadata;
  const context: PlanContext = {
    cluster: target,
    force: spec.force,
    ...tools.options,
    leaveIgnored: ignoredFields(spec.ignore, tools.options.overriddenManagers),
    newKinds: definedKinds(objects),
    redact: createRedact(objects, set.secrets),
    memory: {
      standing: tools.standings.of(uid, generation),
      labels: ownerLabels(pass.key),
      isNew: (each) => !ids.has(entryOf(each).id),
    },
  };
  return { context, objects, known, current: objects.map(entryOf) };
}

function definedKinds(objects: readonly KubeObject[]): Set<string> {
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  return new Set(definitions.map(kindDefinedBy));
}
