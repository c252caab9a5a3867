import {
  conditionOf,
  count,
  current,
  failed,
  inProgress,
  section,
  type ObjectStatus,
  type StatusRule,
} from './status.ts';

/** A Deployment is current when its last ReplicaSet is complete and nothing of an older one is left. */
export const deployment: StatusRule = (object) => {
  const spec = section(object, 'spec');
  const status = section(object, 'status');
  const wanted = count(spec, 'replicas', 1);
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return failed('its progress deadline has passed');
  }
  const replicas = count(status, 'replicas');
  const updated = count(status, 'updatedReplicas');
  const available = count(status, 'availableReplicas');
  const pending = firstPending([
    [replicas < wanted, `${replicas} of ${wanted} replicas exist`],
    [updated < wanted, `${updated} of ${wanted} replicas are updated`],
    [replicas > updated, `${replicas - updated} old replicas are left`],
    [available < updated, `${available} of ${updated} replicas are available`],
    [
      count(status, 'readyReplicas') < wanted,
      `${count(status, 'readyReplicas')} of ${wanted} replicas are ready`,
    ],
    [
      'progressDeadlineSeconds' in spec && progressing?.reason !== 'NewReplicaSetAvailable',
      'its new ReplicaSet is not available',
    ],
    [conditionOf(object, 'Available')?.status !== 'True', 'it is not available'],
  ]);
  return pending ?? current(`${wanted} replicas are ready`);
};

/** A ReplicaSet is current when all its replicas are available. */
export const replicaSet: StatusRule = (object) => {
  const status = section(object, 'status');
  const wanted = count(section(object, 'spec'), 'replicas', 1);
  const failure = conditionOf(object, 'ReplicaFailure');
  const replicas = count(status, 'replicas');
  const pending = firstPending([
    [failure?.status === 'True', failure?.message ?? 'it can not make its replicas'],
    [count(status, 'fullyLabeledReplicas') < wanted, 'not all its replicas are labelled'],
    [
      count(status, 'availableReplicas') < wanted,
      `${count(status, 'availableReplicas')} of ${wanted} replicas are available`,
    ],
    [
      count(status, 'readyReplicas') < wanted,
      `${count(status, 'readyReplicas')} of ${wanted} replicas are ready`,
    ],
    [replicas > wanted, `${replicas - wanted} replicas too many are left`],
  ]);
  return pending ?? current(`${wanted} replicas are ready`);
};

/** A StatefulSet is current when every replica runs the update revision, or those beyond the partition do. */
export const statefulSet: StatusRule = (object) => {
  const spec = section(object, 'spec');
  const status = section(object, 'status');
  const strategy = spec['updateStrategy'] as UpdateStrategy | undefined;
  if (strategy?.type === 'OnDelete') return current('its update strategy is OnDelete');
  const wanted = count(spec, 'replicas', 1);
  const replicas = count(status, 'replicas');
  const ready = count(status, 'readyReplicas');
  const counts = firstPending([
    [replicas < wanted, `${replicas} of ${wanted} replicas exist`],
    [ready < wanted, `${ready} of ${wanted} replicas are ready`],
    [replicas > wanted, `${replicas - wanted} replicas too many are left`],
  ]);
  if (counts) return counts;
  const partition = strategy?.rollingUpdate?.partition ?? 0;
  if (partition > 0) return partitioned(count(status, 'updatedReplicas'), wanted - partition);
  const onRevision = count(status, 'currentReplicas');
  return (
    firstPending([
      [onRevision < wanted, `${onRevision} of ${wanted} replicas are current`],
      [status['currentRevision'] !== status['updateRevision'], 'its update is under way'],
    ]) ?? current(`${wanted} replicas are ready`)
  );
};

/** A DaemonSet is current when it runs, updated and ready, on every node that it is for. */
export const daemonSet: StatusRule = (object) => {
  const status = section(object, 'status');
  if (!('observedGeneration' in status) || object.metadata.generation === undefined) {
    return inProgress('its controller has not seen it yet');
  }
  const wanted = count(status, 'desiredNumberScheduled', -1);
  const rows: [string, string][] = [
    ['currentNumberScheduled', 'are scheduled'],
    ['updatedNumberScheduled', 'are updated'],
    ['numberAvailable', 'are available'],
    ['numberReady', 'are ready'],
  ];
  const pending = firstPending([
    [wanted < 0, 'its controller has not counted the nodes yet'],
    ...rows.map(([field, words]): Check => {
      const found = count(status, field);
      return [found < wanted, `${found} of ${wanted} pods ${words}`];
    }),
  ]);
  return pending ?? current(`${wanted} pods are ready`);
};

type Check = readonly [pending: boolean, message: string];

interface UpdateStrategy {
  readonly type?: string;
  readonly rollingUpdate?: { readonly partition?: number };
}

function partitioned(updated: number, wanted: number): ObjectStatus {
  if (updated >= wanted) return current(`${updated} replicas beyond the partition are updated`);
  return inProgress(`${updated} of ${wanted} replicas beyond the partition are updated`);
}

function firstPending(checks: readonly Check[]): ObjectStatus | undefined {
  const pending = checks.find(([isPending]) => isPending);
  return pending && inProgress(pending[1]);
}
