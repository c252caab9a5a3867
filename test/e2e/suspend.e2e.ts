import { expect, test } from 'vitest';
import { explainQuery, workflowId, type Explanation } from '../../workflows/messages.ts';
import { gitRepository, kustomization, type Row } from '../support/cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource({ 'a.yaml': configMap('a') });
await space.untilReady('GitRepository', 'repo');
for (const name of ['app', 'timed', 'odd']) {
  await space.apply(kustomization(name, 'repo', { targetNamespace: space.name }));
}

const reasonName = 'sluice.dev/suspend-reason';
const untilName = 'sluice.dev/suspend-until';

function ahead(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

async function suspend(kind: string, name: string, annotations: object): Promise<void> {
  await space.patch(kind, name, { metadata: { annotations }, spec: { suspend: true } });
}

/** Waits until an object is not suspended and nothing is left of its suspension. */
function untilResumed(kind: string, name: string): Promise<Row> {
  return space.until(kind, name, ({ spec, metadata }) => {
    const { annotations = {} } = metadata;
    return spec['suspend'] !== true && !(reasonName in annotations) && !(untilName in annotations);
  });
}

function explain(kind: string, name: string): Promise<Explanation> {
  const id = workflowId(kind, { namespace: space.name, name });
  return space.temporal.workflow.getHandle(id).query(explainQuery);
}

test('a suspension with a reason and an end is shown, and ended by hand', async () => {
  const sluice = commandLine(space.name);
  await space.untilReady('Kustomization', 'app');
  const set = await sluice('suspend', 'ks', 'app', '--reason', 'a migration', '--until', '2h');
  const row = await space.until('Kustomization', 'app', ({ spec }) => spec['suspend'] === true);
  const until = row.metadata.annotations?.[untilName] ?? '';
  expect(set.stdout).toBe(`kustomization/app in ${space.name} suspended until ${until}\n`);
  expect(Date.parse(until)).toBeGreaterThan(Date.now() + 7_000_000);
  expect(row.metadata.annotations?.[reasonName]).toBe('a migration');

  await expect.poll(async () => (await explain('Kustomization', 'app')).phase).toBe('suspended');
  const explained = await sluice('explain', 'ks', 'app');
  expect(explained.stdout).toContain(`spec.suspend is true: a migration (until ${until})`);
  expect(explained.stdout).toMatch(
    new RegExp(`Waits for: +${until}, or spec.suspend set to false`),
  );
  expect(explained.stdout).toContain(`sluice resume kustomization app -n ${space.name}`);
  const listed = await sluice('get', 'ks', 'app');
  expect(listed.stdout).toMatch(new RegExp(`kustomization/app +\\S+ +until ${until} +True`));

  const resumed = await sluice('resume', 'ks', 'app');
  expect(resumed.stdout).toBe(`kustomization/app in ${space.name} resumed\n`);
  await untilResumed('Kustomization', 'app');
  const wrong = await sluice('suspend', 'ks', 'app', '--until', 'soon');
  expect(wrong.stderr).toContain('--until "soon" is no time');
});

test('a Kustomization goes on at the end of its suspension, and applies what has come since', async () => {
  await space.untilReady('Kustomization', 'timed');
  await suspend('Kustomization', 'timed', { [reasonName]: 'a test', [untilName]: ahead(8000) });
  await expect.poll(async () => (await explain('Kustomization', 'timed')).phase).toBe('suspended');
  const revision = `main@sha1:${await repository.commit({ 'b.yaml': configMap('b') })}`;
  await space.signal('GitRepository', 'repo');
  await space.until(
    'GitRepository',
    'repo',
    ({ status }) => status.artifact?.revision === revision,
  );
  const waiting = await space.get('Kustomization', 'timed');
  expect(waiting?.['status']).not.toMatchObject({ lastAppliedRevision: revision });
  await untilResumed('Kustomization', 'timed');
  await space.untilEvent('timed', 'Resumed');
  await space.until(
    'Kustomization',
    'timed',
    ({ status }) => status.lastAppliedRevision === revision,
  );
  const query = `SluiceNamespace="${space.name}" AND SluiceName="timed" AND SluiceTrigger="resume"`;
  const count = async (): Promise<number> => (await space.temporal.workflow.count(query)).count;
  await expect.poll(count).toBeGreaterThan(0);
});

test('an end that is no time is none, one that has passed ends it at once', async () => {
  await space.untilReady('Kustomization', 'odd');
  await suspend('Kustomization', 'odd', { [untilName]: 'tomorrow' });
  await expect
    .poll(async () => (await explain('Kustomization', 'odd')).doing)
    .toContain(`annotation ${untilName} is "tomorrow", no time`);
  expect((await space.get('Kustomization', 'odd'))?.['spec']).toMatchObject({ suspend: true });
  await space.patch('Kustomization', 'odd', {
    metadata: { annotations: { [untilName]: '2020-01-01T00:00:00Z' } },
  });
  await untilResumed('Kustomization', 'odd');
});

test('a suspension that Flux or kubectl ends leaves nothing behind for the next one', async () => {
  await space.untilReady('Kustomization', 'odd');
  await suspend('Kustomization', 'odd', { [reasonName]: 'old', [untilName]: ahead(3_600_000) });
  await expect.poll(async () => (await explain('Kustomization', 'odd')).phase).toBe('suspended');
  await space.patch('Kustomization', 'odd', { spec: { suspend: false } });
  await untilResumed('Kustomization', 'odd');
  await space.untilReady('Kustomization', 'odd');
});

test('a source goes on at the end of its suspension', async () => {
  await space.apply(gitRepository('other', repository.url, { interval: '1h' }));
  await space.untilReady('GitRepository', 'other');
  await suspend('GitRepository', 'other', { [untilName]: ahead(5000) });
  await expect.poll(async () => (await explain('GitRepository', 'other')).phase).toBe('suspended');
  const revision = `main@sha1:${await repository.commit({ 'c.yaml': configMap('c') })}`;
  await untilResumed('GitRepository', 'other');
  await space.untilEvent('other', 'Resumed');
  await space.until(
    'GitRepository',
    'other',
    ({ status }) => status.artifact?.revision === revision,
  );
});
