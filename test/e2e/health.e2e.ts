import { expect, test } from 'vitest';
import {
  reconcileUpdate,
  workflowId,
  type PassReport,
  type Wake,
} from '../../workflows/messages.ts';
import { conditionOf, kustomization, type Row } from '../support/cluster.ts';
import { configMap, deployment, job } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource({
  'good/all.yaml': [deployment('web'), configMap('settings'), job('migrate')].join('---\n'),
  'crash/a.yaml': deployment('crash', { pod: 'crash' }),
  'slow/a.yaml': deployment('slow', { pod: 'unready' }),
  'news/a.yaml': deployment('news', { pod: 'unready' }),
  'calm/a.yaml': deployment('calm', { pod: 'unready' }),
  'asked/a.yaml': deployment('asked', { pod: 'unready' }),
  'job/a.yaml': job('broken', 'backoffLimit: 0').replace(
    'template:',
    'template:\n    metadata: { annotations: { stack.sluice.dev/pod: fail } }',
  ),
  'short/a.yaml': job('short', 'ttlSecondsAfterFinished: 0'),
});
await space.untilReady('GitRepository', 'repo');

async function deploy(name: string, spec: object = {}): Promise<void> {
  const fields = { path: name, targetNamespace: space.name, ...spec };
  await space.apply(kustomization(name, 'repo', fields));
}

test('wait waits for every applied object, a Job until it is complete', async () => {
  await deploy('good', { wait: true });
  const app = await space.untilReady('Kustomization', 'good');
  expect(conditionOf(app, 'Healthy')).toMatchObject({ status: 'True', reason: 'Succeeded' });
  const web = await space.get('Deployment', 'web');
  expect((web?.['status'] as { readyReplicas: number }).readyReplicas).toBe(2);
  const done = await space.get('Job', 'migrate');
  expect((done?.['status'] as { succeeded: number }).succeeded).toBe(1);
});

test('without checks nothing is waited for, and there is no condition Healthy', async () => {
  await deploy('slow');
  const app = await space.untilReady('Kustomization', 'slow');
  expect(conditionOf(app, 'Healthy')).toBeUndefined();
});

test('a rollout that crash-loops fails early and names the container', async () => {
  await deploy('crash', { wait: true, timeout: '5m' });
  const app = await space.untilReady('Kustomization', 'crash', 'False', 60_000);
  const ready = conditionOf(app, 'Ready');
  expect(ready?.reason).toBe('HealthCheckFailed');
  expect(ready?.message).toContain(`Deployment/${space.name}/crash status: 'Failed'`);
  expect(ready?.message).toContain('crash-loops');
  expect(conditionOf(app, 'Healthy')?.status).toBe('False');
  expect(app.status.inventory?.entries).toHaveLength(1);
});

test('a failed Job fails the sync at once', async () => {
  await deploy('job', { wait: true, timeout: '5m' });
  const app = await space.untilReady('Kustomization', 'job', 'False', 60_000);
  expect(conditionOf(app, 'Ready')?.message).toContain(`Job/${space.name}/broken status: 'Failed'`);
});

test('a Job that is deleted when it has ended counts as done', async () => {
  await deploy('short', { wait: true, timeout: '5m' });
  await space.untilReady('Kustomization', 'short', 'True', 60_000);
});

test('the time-out names what is pending, and is thirty seconds at least', async () => {
  await deploy('slow', {
    timeout: '1s',
    healthChecks: [{ kind: 'Deployment', name: 'slow', namespace: space.name }],
  });
  const app = await space.untilReady('Kustomization', 'slow', 'False', 90_000);
  const message = conditionOf(app, 'Ready')?.message ?? '';
  expect(message).toMatch(/health check failed after 3\ds: timeout waiting for:/);
  expect(message).toContain(`Deployment/${space.name}/slow status: 'InProgress'`);
});

test('a new revision ends the wait at once, and the next pass mends what the last could not', async () => {
  await deploy('news', { wait: true, timeout: '10m' });
  await space.until('Deployment', 'news', () => true);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const commit = await repository.commit({
    'news/a.yaml': deployment('news', { image: 'nginx:2' }),
  });
  await space.signal('GitRepository', 'repo');
  const app = await space.untilReady('Kustomization', 'news', 'True', 60_000);
  expect(app.status.lastAppliedRevision).toBe(`main@sha1:${commit}`);
  await space.untilEvent('news', 'HealthCheckCanceled');
});

test('who asked for a sync is told how the newest one ended, not that news ended one early', async () => {
  await deploy('asked', { wait: true, timeout: '10m' });
  await space.until('Deployment', 'asked', () => true);
  const id = workflowId('Kustomization', { namespace: space.name, name: 'asked' });
  const asked = space.temporal.workflow
    .getHandle(id)
    .executeUpdate<PassReport, [Wake]>(reconcileUpdate.name, { args: [{ reason: 'by hand' }] });
  // The request ends the first wait, and its own pass waits as well.
  await space.untilEvent('asked', 'HealthCheckCanceled');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const commit = await repository.commit({ 'asked/a.yaml': deployment('asked') });
  await space.signal('GitRepository', 'repo');
  expect(await asked).toMatchObject({ ready: true, revision: `main@sha1:${commit}` });
});

test('a revision that changes nothing of what is waited for leaves the wait alone, and is the one that is told of', async () => {
  await deploy('calm', { wait: true, timeout: '30s', retryInterval: '1h' });
  await space.until('Deployment', 'calm', () => true);
  let commit = '';
  for (let at = 0; at < 4; at++) {
    commit = await repository.commit({ 'elsewhere.txt': `${at}` });
    await space.signal('GitRepository', 'repo');
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
  const app = await space.untilReady('Kustomization', 'calm', 'False', 60_000);
  expect(conditionOf(app, 'Ready')).toMatchObject({
    reason: 'HealthCheckFailed',
  });
  expect(app.status.lastAttemptedRevision).toBe(`main@sha1:${commit}`);
  const told = (await space.events('calm')).map(({ reason }) => reason);
  expect(told).not.toContain('HealthCheckCanceled');
  // What was told of that revision is no news of it: the next pass is the retry, an hour later.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const after = (await space.get('Kustomization', 'calm')) as Row;
  expect(conditionOf(after, 'Ready')).toEqual(conditionOf(app, 'Ready'));
  expect(after.status.history?.map((entry) => entry.totalReconciliations)).toEqual([1]);
});
