import type { Outcome } from '../contract.ts';

/** An event about a Kustomization. */
export interface Announcement {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly annotations?: Record<string, string>;
}

/** Records the events of an outcome: what changed, what was deleted, health regained, and the outcome itself. */
export async function announce(
  outcome: Outcome,
  wasReady: boolean,
  record: (event: Announcement) => Promise<void>,
): Promise<void> {
  for (const event of eventsOf(outcome, wasReady)) {
    const annotations = outcome.revision
      ? { 'kustomize.toolkit.fluxcd.io/revision': outcome.revision }
      : {};
    await record({ ...event, annotations });
  }
}

/** The events of an outcome, in the order in which they happened. */
export function eventsOf(outcome: Outcome, wasReady: boolean): Announcement[] {
  const events: Announcement[] = [];
  const changes = listChanges(outcome);
  if (changes !== '') events.push({ type: 'Normal', reason: 'Progressing', message: changes });
  const deleted = listDeleted(outcome);
  if (deleted !== '') events.push({ type: 'Normal', reason: outcome.reason, message: deleted });
  if (outcome.result === 'applied') {
    if ((outcome.health?.checked ?? 0) > 0 && (!wasReady || changes !== '')) {
      const took = ((outcome.health?.durationMs ?? 0) / 1000).toFixed(1);
      const message = `Health check passed in ${took}s`;
      events.push({ type: 'Normal', reason: outcome.reason, message });
    }
    const message = `Reconciliation finished in ${outcome.durationMs}ms, next run in ${Math.round(outcome.nextMs / 1000)}s`;
    return [...events, { type: 'Normal', reason: outcome.reason, message }];
  }
  const type = outcome.result === 'waiting' || outcome.result === 'canceled' ? 'Normal' : 'Warning';
  return [...events, { type, reason: outcome.reason, message: outcome.message }];
}

function listChanges({ changes }: Outcome): string {
  if (!changes) return '';
  const lines = [
    ...changes.created.map((name) => `${name} created`),
    ...changes.configured.map((name) => `${name} configured`),
  ];
  const more = changes.counts.created + changes.counts.configured - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function listDeleted({ pruned }: Outcome): string {
  if (!pruned) return '';
  const lines = [
    ...pruned.deleted.map((name) => `${name} deleted`),
    ...pruned.kept.map((name) => `${name} skipped`),
  ];
  const more = pruned.counts.deleted + pruned.counts.kept - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
