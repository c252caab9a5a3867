import type { KubeObject } from '../object.ts';
import {
  conditionOf,
  current,
  failed,
  inProgress,
  section,
  type ObjectStatus,
  type StatusRule,
} from './status.ts';

/** A Pod is current when it is ready or has ended, whichever way; one that crashes again and again has failed. */
export const pod: StatusRule = (object) => {
  const { phase } = section(object, 'status');
  if (phase === 'Succeeded' || phase === 'Failed') return current('it has ended');
  const crashing = crashLoopOf(object);
  if (crashing) return failed(crashing);
  if (phase === 'Running') {
    const ready = conditionOf(object, 'Ready')?.status === 'True';
    return ready ? current('it is ready') : inProgress('it runs and is not ready');
  }
  return starting(object, typeof phase === 'string' ? phase.toLowerCase() : 'being made');
};

function starting(object: KubeObject, phase: string): ObjectStatus {
  const unschedulable = conditionOf(object, 'PodScheduled')?.reason === 'Unschedulable';
  const late = unschedulable && ageMs(object) > unschedulableMs;
  return late ? failed('it can not be scheduled') : inProgress(`it is ${phase}`);
}

/** Says which container of a pod crashes again and again; nothing where none does. */
export function crashLoopOf(object: KubeObject): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = section(object, 'status');
  const rows = [initContainerStatuses, containerStatuses].flat() as ContainerStatus[];
  const crashing = rows.find(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff');
  return crashing && `container ${crashing.name ?? ''} of Pod ${object.metadata.name} crash-loops`;
}

interface ContainerStatus {
  readonly name?: string;
  readonly state?: { readonly waiting?: { readonly reason?: string } };
}

/** A scheduler needs a moment, and an autoscaler makes room; after that somebody has to know. */
const unschedulableMs = 15_000;

function ageMs({ metadata }: KubeObject): number {
  return Date.now() - Date.parse(metadata.creationTimestamp ?? new Date().toISOString());
}
