import { isSameInventory, union, writeInventory } from '../cluster/inventory.ts';
import { hasHealthChecks } from '../cluster/kustomizations.ts';
import { mapLimited } from '../cluster/limit.ts';
import { describeRef, refOf, type KubeObject } from '../cluster/object.ts';
import { groupByRank, lastStage, stageOf } from '../cluster/order.ts';
import type { ChangeSet, Pass } from '../contract.ts';
import { waitForDefinitions } from './definitions.ts';
import { openApply, type ApplyTools } from './opening.ts';
import { planStage, type PlanContext } from './plan.ts';
import { write, type Change } from './write.ts';

/**
 * The apply stage: server-side apply in Flux's stages and order. The inventory of old and new objects together is written before the
 * first of them, so that nothing is ever applied and in no inventory. Fails with ApplyFailed before a stage wrote anything.
 */
export async function applyObjects(tools: ApplyTools, pass: Pass): Promise<ChangeSet> {
  const loaded = await tools.load(pass);
  const { context, objects, known, current } = await openApply(tools, pass, loaded);
  const all = union(known, current);
  if (!isSameInventory(known, all)) await writeInventory(tools.cluster, pass.key, all);
  const changes: [string, Change][] = [];
  const { customStageKinds } = tools.options;
  for (let stage = 0; stage <= lastStage; stage++) {
    const members = objects.filter((object) => stageOf(object, customStageKinds) === stage);
    changes.push(...(await applyStage(context, members)));
    if (stage < lastStage) await waitForDefinitions(context.cluster, members);
  }
  const further = { health: hasHealthChecks(loaded.spec), prune: !isSameInventory(all, current) };
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
