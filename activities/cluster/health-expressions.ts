import type { Kustomization } from '../../api/index.ts';
import { objectExpression, type BooleanExpression } from './cel.ts';
import { groupOf, type KubeObject } from './object.ts';
import type { ObjectStatus } from './status.ts';

/** Gives the state of an object whose kind has expressions of its own; undefined for every other. */
export type ExpressionStatus = (object: KubeObject) => ObjectStatus | undefined;

type Rows = NonNullable<Kustomization['spec']['healthCheckExprs']>;

/**
 * The health rules of spec.healthCheckExprs: a kind's own ones before those of its group; inProgress is asked first, then failed, then
 * current, by Flux's order. Raises an Error for an expression that can not be parsed and for a kind that is named twice.
 */
export function healthExpressions(rows: Rows = []): ExpressionStatus {
  const rules = new Map<string, Rule>();
  for (const row of rows) {
    const name = `${groupOf(row.apiVersion)}/${row.kind ?? '*'}`;
    if (rules.has(name)) throw new Error(`healthCheckExprs names ${name} twice`);
    rules.set(name, ruleOf(row));
  }
  return (object) => {
    const group = groupOf(object.apiVersion);
    const rule = rules.get(`${group}/${object.kind}`) ?? rules.get(`${group}/*`);
    return rule && statusBy(rule, object);
  };
}

/** In the order in which the expressions are asked. */
type Rule = readonly (readonly [ObjectStatus['status'], BooleanExpression])[];

function ruleOf({ inProgress, failed, current }: Rows[number]): Rule {
  return [
    ...(inProgress ? [['InProgress', objectExpression(inProgress)] as const] : []),
    ...(failed ? [['Failed', objectExpression(failed)] as const] : []),
    ['Current', objectExpression(current)],
  ];
}

function statusBy(rule: Rule, object: KubeObject): ObjectStatus {
  const { generation } = object.metadata;
  const { observedGeneration } = (object['status'] ?? {}) as { observedGeneration?: unknown };
  if (observedGeneration !== undefined && observedGeneration !== generation) {
    return { status: 'InProgress', message: 'its controller has not seen the change yet' };
  }
  try {
    const [status = 'InProgress'] = rule.find(([, holds]) => holds.evaluate(object)) ?? [];
    return { status, message: `by healthCheckExprs it is ${status}` };
  } catch (error) {
    return { status: 'Unknown', message: error instanceof Error ? error.message : String(error) };
  }
}
