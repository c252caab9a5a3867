import { groupOf, type KubeObject } from './object.ts';
import {
  definition,
  existence,
  generic,
  job,
  service,
  volumeClaim,
} from './status-rules/others.ts';
import { pod } from './status-rules/pod.ts';
import {
  conditionOf,
  failed,
  inProgress,
  section,
  type ObjectStatus,
  type StatusRule,
} from './status-rules/status.ts';
import { daemonSet, deployment, replicaSet, statefulSet } from './status-rules/workload.ts';

export type { ObjectStatus };

/** The state of an object by the rules of kstatus, with Flux's rule for Jobs. Pure: it reads nothing but the object. */
export function statusOf(object: KubeObject): ObjectStatus {
  if (object.metadata.deletionTimestamp) {
    return { status: 'Terminating', message: 'it is being deleted' };
  }
  return ofConditions(object) ?? ruleOf(object)(object);
}

/** What holds for every kind that writes the conditions of kstatus. */
function ofConditions(object: KubeObject): ObjectStatus | undefined {
  const { observedGeneration } = section(object, 'status');
  const { generation } = object.metadata;
  if (typeof observedGeneration === 'number' && observedGeneration !== generation) {
    return inProgress('its controller has not seen the change yet');
  }
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') return failed(stalled.message ?? 'it is stalled');
  const reconciling = conditionOf(object, 'Reconciling');
  if (reconciling?.status === 'True') return inProgress(reconciling.message ?? 'it is reconciling');
  return undefined;
}

function ruleOf({ apiVersion, kind }: KubeObject): StatusRule {
  return rules[`${groupOf(apiVersion)}/${kind}`] ?? generic;
}

const rules: Record<string, StatusRule> = {
  'apps/Deployment': deployment,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'apps/ReplicaSet': replicaSet,
  'batch/Job': job,
  'batch/CronJob': existence,
  '/ConfigMap': existence,
  '/Secret': existence,
  '/Service': service,
  '/Pod': pod,
  '/PersistentVolumeClaim': volumeClaim,
  'policy/PodDisruptionBudget': existence,
  'apiextensions.k8s.io/CustomResourceDefinition': definition,
};
