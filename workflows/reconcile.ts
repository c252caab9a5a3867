import type {
  ChangeSet,
  Fetched,
  HealthReport,
  Look,
  ObjectKey,
  Pass,
  Pruned,
  Rendered,
} from '../activities/contract.ts';
import { shortRevision } from './schedule.ts';
import { stages } from './stages.ts';

/** What the stages of a pass returned, as far as it came. */
export interface PassResult {
  fetched?: Fetched;
  rendered?: Rendered;
  changes?: ChangeSet;
  health?: HealthReport;
  pruned?: Pruned;
}

/** What a pass needs of the run around it. */
export interface PassFrame {
  /** Tells people which stage runs. */
  readonly doing: (stage: keyof typeof stages, words: string) => void;
  /** Runs the health wait so that news can end it; raises a cancellation when they do. */
  readonly interruptible: <T>(wait: () => Promise<T>) => Promise<T>;
  readonly pruneFirst: boolean;
}

/** The pass that a look asks for. */
export function passOf(key: ObjectKey, look: Look): Pass {
  const { generation, source, artifact, timeoutMs } = look;
  if (!artifact) throw new Error('a sync needs an artifact');
  return { key, generation, source, artifact, timeoutMs };
}

/**
 * One pass: fetch, render, apply, health, prune. `result` is filled as the stages end, so that a failed pass can tell how far it came.
 * Prune comes after health on purpose: what still serves is not removed before its replacement works. Neither is scheduled where it has
 * nothing to do, which most passes of most Kustomizations have not: a stage costs Temporal more than it costs the cluster.
 */
export async function reconcile(pass: Pass, frame: PassFrame, result: PassResult): Promise<void> {
  const at = shortRevision(pass.artifact.revision);
  const rendered = (): Pass =>
    result.rendered ? { ...pass, digest: result.rendered.digest } : pass;

  const fetch = async (): Promise<void> => {
    frame.doing('fetch', `fetching ${at} of ${pass.source}`);
    result.fetched = await stages.fetch.executeWithOptions({ summary: `fetch ${at}` }, [pass]);
  };
  const render = async (): Promise<void> => {
    frame.doing('render', `building the manifests of ${at}`);
    result.rendered = await stages.render.executeWithOptions({ summary: `render ${at}` }, [pass]);
  };
  const apply = async (): Promise<void> => {
    const summary = `apply ${result.rendered?.objects ?? 0} objects of ${at}`;
    frame.doing('apply', summary);
    result.changes = await stages.apply.executeWithOptions({ summary }, [rendered()]);
  };
  const health = async (): Promise<void> => {
    if (result.changes?.further?.health === false) {
      result.health = { checked: 0, durationMs: 0 };
      return;
    }
    frame.doing('health', `waiting until the objects of ${at} are healthy`);
    const check = stages.health(pass.timeoutMs);
    result.health = await frame.interruptible(() =>
      check.executeWithOptions({ summary: `health of ${at}` }, [rendered()]),
    );
  };
  const prune = async (): Promise<void> => {
    if (result.changes?.further?.prune === false) {
      result.pruned = { deleted: [], kept: [], counts: { deleted: 0, kept: 0 } };
      return;
    }
    frame.doing('prune', `removing what ${at} no longer holds`);
    result.pruned = await stages.prune.executeWithOptions({ summary: `prune after ${at}` }, [
      rendered(),
    ]);
  };

  await fetch();
  await render();
  await apply();
  if (frame.pruneFirst) await prune();
  await health();
  if (!frame.pruneFirst) await prune();
}
