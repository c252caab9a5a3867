import { formatDuration } from '../../api/index.ts';
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
    await record({ ...event, annotations: annotationsOf(outcome) });
  }
}

/** The events of an outcome, in the order in which they happened. */
export function eventsOf(outcome: Outcome, wasReady: boolean): Announcement[] {
  const { result, reason, message } = outcome;
  const changes = listChanges(outcome);
  const deleted = listDeleted(outcome);
  const events: Announcement[] = [];
  if (changes !== '') events.push({ type: 'Normal', reason: 'Progressing', message: changes });
  if (deleted !== '') events.push({ type: 'Normal', reason, message: deleted });
  if (result === 'applied') return [...events, ...successOf(outcome, !wasReady || changes !== '')];
  if (outcome.repeated) return events;
  const type = result === 'waiting' || result === 'canceled' ? 'Normal' : 'Warning';
  return [...events, { type, reason, message }];
}

function annotationsOf({ revision, originRevision }: Outcome): Record<string, string> {
  return {
    ...(revision ? { [`${group}/revision`]: revision } : {}),
    ...(originRevision ? { [`${group}/originRevision`]: originRevision } : {}),
  };
}

const group = 'kustomize.toolkit.fluxcd.io';

function successOf(outcome: Outcome, tellsHealth: boolean): Announcement[] {
  const { reason, health, durationMs, nextMs } = outcome;
  const next = `next run in ${formatDuration(nextMs)}`;
  const done = `Reconciliation finished in ${formatDuration(durationMs)}, ${next}`;
  const messages = [done];
  if (tellsHealth && health && health.checked > 0) {
    messages.unshift(`Health check passed in ${(health.durationMs / 1000).toFixed(1)}s`);
  }
  return messages.map((message) => ({ type: 'Normal', reason, message }));
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
