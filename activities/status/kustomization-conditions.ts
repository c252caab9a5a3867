import type { WantedCondition } from '../cluster/conditions.ts';
import { hasHealthChecks, type Standing } from '../cluster/kustomizations.ts';
import type { Outcome } from '../contract.ts';

/**
 * The conditions of an outcome, by the rules of kstatus: Ready is always there, Reconciling and Stalled never together,
 * and neither beside Ready=True.
 */
export function conditionsOf(
  outcome: Outcome,
  spec: Standing['spec'],
): { wanted: WantedCondition[]; remove: string[] } {
  const { reason, message } = outcome;
  const healthy = healthyOf(outcome, spec);
  const wanted: WantedCondition[] = healthy ? [healthy] : [];
  const remove = hasHealthChecks(spec) ? [] : ['Healthy'];
  if (outcome.result === 'applied') {
    wanted.push({ type: 'Ready', status: 'True', reason, message });
    return { wanted, remove: [...remove, 'Reconciling', 'Stalled'] };
  }
  wanted.push({ type: 'Ready', status: 'False', reason, message });
  if (outcome.terminal) {
    wanted.push({ type: 'Stalled', status: 'True', reason, message });
    return { wanted, remove: [...remove, 'Reconciling'] };
  }
  const retry = { status: 'True', reason: 'ProgressingWithRetry', message } as const;
  wanted.push({ type: 'Reconciling', ...retry });
  return { wanted, remove: [...remove, 'Stalled'] };
}

function healthyOf(outcome: Outcome, spec: Standing['spec']): WantedCondition | undefined {
  if (!hasHealthChecks(spec)) return undefined;
  const type = 'Healthy';
  if (outcome.result === 'applied') {
    // Without a check of its own the outcome leaves the condition as it is.
    if (!outcome.health) return undefined;
    const took = (outcome.health.durationMs / 1000).toFixed(1);
    const message = `Health check passed in ${took}s`;
    return { type, status: 'True', reason: 'Succeeded', message };
  }
  if (outcome.reason !== 'HealthCheckFailed') return undefined;
  const message = outcome.message;
  return { type, status: 'False', reason: 'HealthCheckFailed', message };
}
