import type { Condition } from '../../api/index.ts';

/** A condition to be set; generation and transition time are added when it is written. */
export interface WantedCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/**
 * The conditions with the wanted ones set and others removed. A transition time moves only with the status, as the Kubernetes API
 * conventions ask; what is neither wanted nor removed stays, and under Ready=True is lifted to the same generation.
 */
export function withConditions(
  current: readonly Condition[],
  wanted: readonly WantedCondition[],
  removeTypes: readonly string[],
  at: { readonly generation: number; readonly now: string },
): Condition[] {
  const replaced = new Set([...removeTypes, ...wanted.map(({ type }) => type)]);
  const ready = wanted.some(({ type, status }) => type === 'Ready' && status === 'True');
  const kept = current
    .filter(({ type }) => !replaced.has(type))
    .map((row) => (ready ? { ...row, observedGeneration: at.generation } : row));
  const set = wanted.map((row): Condition => {
    const before = current.find(({ type }) => type === row.type);
    const lastTransitionTime = before?.status === row.status ? before.lastTransitionTime : at.now;
    const message = row.message.slice(0, maxMessage);
    return { ...row, message, lastTransitionTime, observedGeneration: at.generation };
  });
  const first = set.filter(({ type }) => type === 'Ready');
  return [...first, ...set.filter(({ type }) => type !== 'Ready'), ...kept];
}

/** The limit that the CRDs set for the message of a condition. */
const maxMessage = 32_768;
