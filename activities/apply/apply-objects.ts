import { entryOf, isSameInventory, union, writeInventory } from '../cluster/inventory.ts';
import { mapLimited } from '../cluster/limit.ts';
import { withNamespaces } from '../cluster/namespace.ts';
import { describeRef, kindDefinedBy, refOf, type KubeObject } from '../cluster/object.ts';
import { groupByRank, lastStage, stageOf } from '../cluster/order.ts';
import { withOwner } from '../cluster/owner.ts';
import type { PassTools } from '../cluster/pass-tools.ts';
import { createRedact } from '../cluster/redact.ts';
import { hasHealthChecks, read } from '../cluster/kustomizations.ts';
import type { ChangeSet, Pass } from '../contract.ts';
import { ignoredFields } from './ignore.ts';
import { normalize } from './normalize.ts';
import { planStage, type PlanContext } from './plan.ts';
import { waitForDefinitions } from './definitions.ts';
import { write, type Change } from './write.ts';

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
}

/**
 * The apply stage: server-side apply in Flux's stages and order. The inventory of old and new objects together is written before the
 * first of them, so that nothing is ever applied and in no inventory. Fails with ApplyFailed before a stage wrote anything.
 */
export async function applyObjects(tools: ApplyTools, pass: Pass): Promise<ChangeSet> {
  const { cluster, rendered, load } = tools;
  const loaded = await load(pass);
  const { spec, status } = loaded;
  const set = await rendered(pass, loaded);
  const target = await tools.target(loaded, pass);
  const sent = set.objects.map((object) => withOwner(normalize(object), pass.key));
  const objects = await read(() => withNamespaces(target, sent));
  const known = status.inventory?.entries ?? [];
  const current = objects.map(entryOf);
  const all = union(known, current);
  if (!isSameInventory(known, all)) await writeInventory(cluster, pass.key, all);
  const changes: [string, Change][] = [];
  const context: PlanContext = {
    cluster: target,
    force: spec.force,
    ...tools.options,
    leaveIgnored: ignoredFields(spec.ignore, tools.options.overriddenManagers),
    newKinds: definedKinds(objects),
    redact: createRedact(objects, set.secrets),
  };
  const { customStageKinds } = tools.options;
  for (let stage = 0; stage <= lastStage; stage++) {
    const members = objects.filter((object) => stageOf(object, customStageKinds) === stage);
    changes.push(...(await applyStage(context, members)));
    if (stage < lastStage) await waitForDefinitions(target, members);
  }
  const further = { health: hasHealthChecks(spec), prune: !isSameInventory(all, current) };
  return { ...changeSetOf(changes), further };
}

async function applyStage(
  context: PlanContext,
  objects: readonly KubeObject[],
): Promise<[string, Change][]> {
  const decisions = await planStage(context, objects);
  const changes: [string, Change][] = [];
  for (const group of groupByRank(decisions, ({ object }) => refOf(object))) {
    const written = await mapLimited(group, context.concurrency, async (decision) => {
      const change = await write(context, decision);
      return [describeRef(refOf(decision.object)), change] as [string, Change];
    });
    changes.push(...written);
  }
  return changes;
}

function definedKinds(objects: readonly KubeObject[]): Set<string> {
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  return new Set(definitions.map(kindDefinedBy));
}

/** Histories must stay small: beyond this many names the counts speak. */
const maxNames = 50;

function changeSetOf(changes: readonly [string, Change][]): ChangeSet {
  const named = (wanted: Change): string[] =>
    changes.filter(([, change]) => change === wanted).map(([name]) => name);
  const created = named('created');
  const configured = named('configured');
  return {
    created: created.slice(0, maxNames),
    configured: configured.slice(0, maxNames),
    counts: {
      created: created.length,
      configured: configured.length,
      unchanged: named('unchanged').length,
      skipped: named('skipped').length,
    },
  };
}
