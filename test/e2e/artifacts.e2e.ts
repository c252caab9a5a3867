import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { artifactOf } from '../support/artifacts.ts';
import { conditionOf, gitRepository, type Row } from '../support/cluster.ts';
import { sourceWaits } from '../support/source-waits.ts';
import { openSpace } from '../support/space.ts';

const { space, repository } = await openSpace();
await repository.commit({
  'deploy/app.yaml': 'app',
  'deploy/base/base.yaml': 'base',
  'docs/README.md': 'docs',
  'run.sh': 'run',
});
const { untilReason, untilChanged } = sourceWaits(space);
const hourly = { interval: '1h' };

test('a sparse checkout holds its directories, and a change of it is a new artifact of the same commit', async () => {
  const sparseCheckout = ['./deploy'];
  await space.apply(gitRepository('sparse', repository.url, { ...hourly, sparseCheckout }));
  const first = await space.untilReady('GitRepository', 'sparse');
  expect(Object.keys(await artifactOf(first))).toEqual([
    'deploy/app.yaml',
    'deploy/base/base.yaml',
  ]);
  expect(first.status['observedSparseCheckout']).toEqual(sparseCheckout);

  await space.patch('GitRepository', 'sparse', {
    spec: { sparseCheckout: ['deploy/base', 'docs'] },
  });
  const second = await untilChanged('sparse', first);
  expect(Object.keys(await artifactOf(second))).toEqual([
    'deploy/base/base.yaml',
    'docs/README.md',
  ]);
  expect(second.status.artifact?.revision).toBe(first.status.artifact?.revision);

  await space.patch('GitRepository', 'sparse', { spec: { sparseCheckout: ['deploy', 'nowhere'] } });
  const failed = await untilReason('sparse', 'GitOperationFailed');
  expect(conditionOf(failed, 'FetchFailed')?.message).toContain('"nowhere"');
  expect(failed.status.artifact).toEqual(second.status.artifact);
  await space.patch('GitRepository', 'sparse', { spec: { sparseCheckout: null } });
  const whole = await untilChanged('sparse', second);
  expect(Object.keys(await artifactOf(whole))).toHaveLength(4);
  expect(whole.status['observedSparseCheckout']).toBeUndefined();
});

test('an included artifact is waited for, copied, and followed at once', async () => {
  const include = [
    { repository: { name: 'part' }, fromPath: 'deploy', toPath: 'vendor/part' },
    { repository: { name: 'part' } },
  ];
  await space.apply(gitRepository('whole', repository.url, { ...hourly, include }));
  const missing = await untilReason('whole', 'NotFound');
  expect(conditionOf(missing, 'IncludeUnavailable')).toMatchObject({ status: 'True' });
  await space.apply(
    gitRepository('part', 'http://127.0.0.1:1/x.git', { ...hourly, ref: { branch: 'part' } }),
  );
  await space.signal('GitRepository', 'whole');
  await untilReason('whole', 'NoArtifact');

  await repository.git('branch', 'part');
  await repository.push();
  await space.patch('GitRepository', 'part', { spec: { url: repository.url } });
  const first = await space.untilReady('GitRepository', 'whole');
  expect(conditionOf(first, 'IncludeUnavailable')).toBeUndefined();
  expect(await artifactOf(first)).toMatchObject({
    'deploy/app.yaml': 'app',
    'vendor/part/app.yaml': 'app',
    'vendor/part/base/base.yaml': 'base',
    'part/run.sh': 'run',
  });
  const part = await space.untilReady('GitRepository', 'part');
  const { revision } = part.status.artifact ?? {};
  expect(first.status['includedArtifacts']).toMatchObject([{ revision }, { revision }]);
  expect(first.status['observedInclude']).toEqual(include);

  // Nobody asks the including source to look: its own interval is an hour.
  await repository.git('checkout', '--quiet', 'part');
  await repository.commit({ 'deploy/app.yaml': 'newer' });
  await repository.git('checkout', '--quiet', 'main');
  await space.signal('GitRepository', 'part');
  const second = await untilChanged('whole', first);
  expect((await artifactOf(second))['vendor/part/app.yaml']).toBe('newer');
  expect(second.status.artifact?.revision).toBe(first.status.artifact?.revision);

  const taken = [{ repository: { name: 'part' }, toPath: 'deploy' }];
  await space.patch('GitRepository', 'whole', { spec: { include: taken } });
  const copied = await untilReason('whole', 'CopyFailure');
  expect(conditionOf(copied, 'StorageOperationFailed')?.message).toContain(
    '"deploy", which is taken',
  );
  const outside = [{ repository: { name: 'part' }, toPath: '../outside' }];
  await space.patch('GitRepository', 'whole', { spec: { include: outside } });
  await untilReason('whole', 'IllegalPath');
  const itself = [{ repository: { name: 'whole' } }];
  await space.patch('GitRepository', 'whole', { spec: { include: itself } });
  const circle = await untilReason('whole', 'CircularInclude');
  expect(circle.status.artifact).toEqual(second.status.artifact);
});

test('a damaged file is found and made again, a lost one whoever asks for it', async () => {
  await space.apply(gitRepository('basis', repository.url, hourly));
  await space.untilReady('GitRepository', 'basis');
  const include = [{ repository: { name: 'basis' }, fromPath: 'docs', toPath: 'basis' }];
  const spec = { ...hourly, include, sparseCheckout: ['deploy', 'run.sh'], ignore: 'base/' };
  await space.apply(gitRepository('stored', repository.url, spec));
  const row = await space.untilReady('GitRepository', 'stored');
  const files = await artifactOf(row);
  expect(Object.keys(files)).toEqual(['basis/README.md', 'deploy/app.yaml', 'run.sh']);
  const file = join(
    inject('serviceDir'),
    'worker-cache/artifacts',
    row.status.artifact?.path ?? '',
  );
  await writeFile(file, 'damaged');
  await space.signal('GitRepository', 'stored');
  await space.untilEvent('stored', 'ArtifactVerificationFailed');
  await expect.poll(() => artifactOf(row).catch(String), { timeout: 20_000 }).toEqual(files);
  // By the same recipe: the digest in the status says so.
  await rm(file);
  expect(await artifactOf(row)).toEqual(files);
});

test('what is stored is kept when the remote comes back, and the recovery is told', async () => {
  await space.apply(gitRepository('outage', repository.url, hourly));
  const before = await space.untilReady('GitRepository', 'outage');
  await space.untilEvent('outage', 'NewArtifact');
  await space.patch('GitRepository', 'outage', { spec: { url: 'http://127.0.0.1:1/x.git' } });
  const failed = await space.untilReady('GitRepository', 'outage', 'False');
  expect(conditionOf(failed, 'FetchFailed')).toMatchObject({ reason: 'GitOperationFailed' });
  await space.untilEvent('outage', 'GitOperationFailed');
  await space.patch('GitRepository', 'outage', { spec: { url: repository.url } });
  const after = await space.untilReady('GitRepository', 'outage');
  expect(after.status.artifact).toEqual(before.status.artifact);
  expect(conditionOf(after, 'FetchFailed')).toBeUndefined();
  expect((await space.untilEvent('outage', 'Succeeded')).type).toBe('Normal');
});

test('a request is answered while a source is suspended, and told where nothing changed', async () => {
  await space.apply(gitRepository('asked', repository.url, hourly));
  await space.untilReady('GitRepository', 'asked');
  const ask = async (value: string): Promise<Row> => {
    const annotations = { 'reconcile.fluxcd.io/requestedAt': value };
    await space.patch('GitRepository', 'asked', { metadata: { annotations } });
    return space.until(
      'GitRepository',
      'asked',
      (row) => row.status.lastHandledReconcileAt === value,
    );
  };
  await ask('first');
  await space.untilEvent('asked', 'no changes since last reconciliation');
  await space.patch('GitRepository', 'asked', { spec: { suspend: true } });
  await repository.commit({ 'later.yaml': 'later' });
  const suspended = await ask('second');
  const { artifact } = suspended.status;
  await space.patch('GitRepository', 'asked', { spec: { suspend: false } });
  const resumed = await untilChanged('asked', suspended);
  expect(resumed.status.artifact?.revision).not.toBe(artifact?.revision);
});
