import type { KubeObject } from '../object.ts';

/** The states of kstatus. */
export type Status = 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown';

/** The state of one object, and why, in a few words. */
export interface ObjectStatus {
  readonly status: Status;
  readonly message: string;
}

/** Derives the state of a kind from what its controller wrote. */
export type StatusRule = (object: KubeObject) => ObjectStatus;

/** An object that has reached its desired state. */
export const current = (message: string): ObjectStatus => ({ status: 'Current', message });
/** An object on its way. */
export const inProgress = (message: string): ObjectStatus => ({ status: 'InProgress', message });
/** An object that will not get there by waiting. */
export const failed = (message: string): ObjectStatus => ({ status: 'Failed', message });

/** A condition as kinds of all sorts write it. */
export interface AnyCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** A condition of the object by type. */
export function conditionOf(object: KubeObject, type: string): AnyCondition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type);
}

/** All conditions of the object. */
export function conditionsOf(object: KubeObject): AnyCondition[] {
  const { conditions } = section(object, 'status');
  return Array.isArray(conditions) ? (conditions as AnyCondition[]) : [];
}

/** The spec or the status of an object; empty where it has none. */
export function section(object: KubeObject, name: 'spec' | 'status'): Record<string, unknown> {
  const value = object[name];
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** A number of a section, or what counts where it is absent. */
export function count(fields: Record<string, unknown>, name: string, absent = 0): number {
  const value = fields[name];
  return typeof value === 'number' ? value : absent;
}
