import type { z } from 'zod';
import { GitRepository, OCIRepository } from '../../api/index.ts';
import { recordEvent } from '../cluster/events.ts';
import type { ObjectKey, SourceKind, SourceOutcome, SourceRetry } from '../contract.ts';
import type { SourceDeps } from './build-artifact.ts';
import { conditionOf, failedConditions } from './source-conditions.ts';
import { patchSource, readStanding, requestOf, type LoadedSource } from './source-object.ts';

/** Writes an outcome of a source of any kind that stored no artifact; the artifact of before stays, and whoever uses it goes on doing so. Tells how long to wait. */
export async function concludeSource(
  { cluster, sourceRetry }: Pick<SourceDeps, 'cluster' | 'sourceRetry'>,
  kind: SourceKind,
  key: ObjectKey,
  outcome: SourceOutcome,
): Promise<SourceRetry> {
  const loaded = await readStanding(cluster, kind, key, schemas[kind]);
  // The object changed while it was worked on: the next look tells how it is.
  if (!loaded || outcome.reason === 'Progressing') return sourceRetry;
  const asked = outcome.requestedAt ?? requestOf(loaded);
  const handled = asked ? { lastHandledReconcileAt: asked } : {};
  if (outcome.result === 'idle') {
    await patchSource(cluster, kind, key, { status: handled });
    await tellNoChange(cluster, kind, loaded);
  } else {
    const status = { ...failed(loaded, outcome), ...handled };
    await patchSource(cluster, kind, key, { status });
    await warn(cluster, loaded, outcome);
  }
  return sourceRetry;
}

const schemas: Readonly<Record<SourceKind, z.ZodType<Concluded['status']>>> = {
  GitRepository: GitRepository.shape.status,
  OCIRepository: OCIRepository.shape.status,
};

/** What of a source an outcome builds on. */
type Concluded = Required<Pick<GitRepository | OCIRepository, 'status'>>;

function failed({ object, parsed }: LoadedSource<Concluded>, outcome: SourceOutcome): object {
  // A look that failed early never learned the generation.
  const generation = outcome.generation || (object.metadata.generation ?? 0);
  const at = { generation, now: new Date().toISOString() };
  const conditions = failedConditions(parsed.status?.conditions ?? [], outcome, at);
  return { conditions, ...(outcome.terminal ? { observedGeneration: generation } : {}) };
}

/** Whoever asked for a reconciliation that had nothing to do is told so. */
async function tellNoChange(
  cluster: SourceDeps['cluster'],
  kind: SourceKind,
  { object, parsed }: LoadedSource<Concluded>,
): Promise<void> {
  const revision = parsed.status?.artifact?.revision ?? '';
  const message = `no changes since last reconciliation: observed revision '${revision}'`;
  const reason = kind === 'GitRepository' ? 'GitOperationSucceeded' : 'ArtifactUpToDate';
  const event = { type: 'Normal', reason, message } as const;
  await recordEvent(cluster, { object, ...event, component: 'source-controller' });
}

/** A failure that repeats is told once. */
async function warn(
  cluster: SourceDeps['cluster'],
  { object, parsed }: LoadedSource<Concluded>,
  outcome: SourceOutcome,
): Promise<void> {
  const { reason, message } = outcome;
  const failing = conditionOf(outcome);
  const known = parsed.status?.conditions?.find(({ type }) => type === failing);
  if (known?.reason === reason && known.message === message) return;
  const component = 'source-controller';
  await recordEvent(cluster, { object, type: 'Warning', reason, message, component });
}
