import { expect, test } from 'vitest';
import { statusOf } from '../../../activities/cluster/status.ts';

interface Row {
  readonly kind: string;
  readonly apiVersion?: string;
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
}

const object = ({
  kind,
  apiVersion = 'v1',
  metadata = {},
  ...rest
}: Row): Parameters<typeof statusOf>[0] => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'n', generation: 2, ...metadata },
  ...rest,
});

const condition = (type: string, status = 'True', reason = ''): object => ({
  type,
  status,
  reason,
});
const apps = { apiVersion: 'apps/v1' };
const done = {
  observedGeneration: 2,
  replicas: 2,
  updatedReplicas: 2,
  readyReplicas: 2,
  availableReplicas: 2,
};
const web = { ...apps, kind: 'Deployment', spec: { replicas: 2 } };
const available = [condition('Available')];

test.each<[string, Row, string]>([
  ['a rolled out Deployment', { ...web, status: { ...done, conditions: available } }, 'Current'],
  ['an unseen change', { ...web, status: { ...done, observedGeneration: 1 } }, 'InProgress'],
  ['too few updated', { ...web, status: { ...done, updatedReplicas: 1 } }, 'InProgress'],
  [
    'too few ready',
    { ...web, status: { ...done, readyReplicas: 1, availableReplicas: 1 } },
    'InProgress',
  ],
  ['old pods left', { ...web, status: { ...done, replicas: 3 } }, 'InProgress'],
  [
    'a missed deadline',
    {
      ...web,
      status: {
        ...done,
        updatedReplicas: 1,
        conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')],
      },
    },
    'Failed',
  ],
  [
    'a StatefulSet between revisions',
    {
      ...apps,
      kind: 'StatefulSet',
      spec: { replicas: 2 },
      status: { ...done, currentReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
    },
    'InProgress',
  ],
  [
    'a rolled out StatefulSet',
    {
      ...apps,
      kind: 'StatefulSet',
      spec: { replicas: 2 },
      status: { ...done, currentReplicas: 2, currentRevision: 'a', updateRevision: 'a' },
    },
    'Current',
  ],
  ['a DaemonSet without a status', { ...apps, kind: 'DaemonSet' }, 'InProgress'],
  [
    'a ReplicaSet that has them all',
    {
      ...apps,
      kind: 'ReplicaSet',
      spec: { replicas: 2 },
      status: { ...done, fullyLabeledReplicas: 2 },
    },
    'Current',
  ],
  [
    'a complete Job',
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      status: { startTime: 't', conditions: [condition('Complete')] },
    },
    'Current',
  ],
  [
    'a running Job',
    { apiVersion: 'batch/v1', kind: 'Job', status: { startTime: 't', active: 1 } },
    'InProgress',
  ],
  [
    'a failed Job',
    { apiVersion: 'batch/v1', kind: 'Job', status: { conditions: [condition('Failed')] } },
    'Failed',
  ],
  ['a bound claim', { kind: 'PersistentVolumeClaim', status: { phase: 'Bound' } }, 'Current'],
  [
    'a pending claim',
    { kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } },
    'InProgress',
  ],
  ['a Service', { kind: 'Service', spec: { type: 'ClusterIP', clusterIP: '10.0.0.1' } }, 'Current'],
  [
    'a load balancer without an address',
    { kind: 'Service', spec: { type: 'LoadBalancer' } },
    'InProgress',
  ],
  ['a ConfigMap', { kind: 'ConfigMap' }, 'Current'],
  [
    'a ready Pod',
    { kind: 'Pod', status: { phase: 'Running', conditions: [condition('Ready')] } },
    'Current',
  ],
  ['a succeeded Pod', { kind: 'Pod', status: { phase: 'Succeeded' } }, 'Current'],
  ['a pending Pod', { kind: 'Pod', status: { phase: 'Pending' } }, 'InProgress'],
  [
    'an established definition',
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      status: { conditions: [condition('NamesAccepted'), condition('Established')] },
    },
    'Current',
  ],
  [
    'a custom resource without a status',
    { apiVersion: 'a.example.com/v1', kind: 'Widget' },
    'Current',
  ],
  [
    'one that is ready',
    {
      apiVersion: 'a.example.com/v1',
      kind: 'Widget',
      status: { conditions: [condition('Ready')] },
    },
    'Current',
  ],
  [
    'one that is not',
    {
      apiVersion: 'a.example.com/v1',
      kind: 'Widget',
      status: { conditions: [condition('Ready', 'False')] },
    },
    'InProgress',
  ],
  [
    'one that is stalled',
    {
      apiVersion: 'a.example.com/v1',
      kind: 'Widget',
      status: { conditions: [condition('Stalled')] },
    },
    'Failed',
  ],
  [
    'one that reconciles',
    {
      apiVersion: 'a.example.com/v1',
      kind: 'Widget',
      status: { conditions: [condition('Reconciling')] },
    },
    'InProgress',
  ],
  [
    'anything that is being deleted',
    { kind: 'ConfigMap', metadata: { deletionTimestamp: 't' } },
    'Terminating',
  ],
])('the status of %s', (...[, row, status]) => {
  expect(statusOf(object(row)).status).toBe(status);
});
