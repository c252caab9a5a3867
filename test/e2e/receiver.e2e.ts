import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { conditionOf, gitRepository, kustomization, type Row } from '../support/cluster.ts';
import { commandLine } from '../support/command-line.ts';
import { configMap } from '../support/manifests.ts';
import { hmac, signedByGitHub } from '../support/receivers.ts';
import { openSource } from '../support/space.ts';
import { openWebhooks, pathFor, receiverOf } from '../support/webhooks.ts';

const { space, repository, revision } = await openSource({ 'a.yaml': configMap('a') });
const post = await openWebhooks(inject('serviceDir'));
const sluice = commandLine(space.name);
const hour = { interval: '1h' };

await space.apply(gitRepository('repo', repository.url, hour));
await space.apply(kustomization('app', 'repo', { targetNamespace: space.name, ...hour }));
await secret('hook', { token: 'first' });

async function secret(name: string, stringData: Record<string, string>): Promise<void> {
  await space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
}

async function receiver(name: string, spec: object = {}, annotations: object = {}): Promise<void> {
  await space.apply(receiverOf(name, spec, annotations));
}

/** The path of a Receiver that is ready at its newest generation. */
async function pathOf(name: string): Promise<string> {
  const row = await space.untilReady('Receiver', name);
  return String(row.status['webhookPath']);
}

function pushEvent(branch = 'main', url = repository.url): string {
  return JSON.stringify({ ref: `refs/heads/${branch}`, repository: { clone_url: url } });
}

async function push(path: string, body = pushEvent()): Promise<number> {
  return post(path, signedByGitHub('first', body), body);
}

async function requestedAt(kind: string, name: string): Promise<string | undefined> {
  return (await space.get(kind, name))?.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
}

const digestPath = (token: string, name: string): string => pathFor(token, name, space.name);

test('R01: a push that GitHub signs is applied, and a forged one is refused', async () => {
  await space.until('Kustomization', 'app', (row) => row.status.lastAppliedRevision === revision);
  await receiver('github');
  const path = await pathOf('github');
  expect(path).toBe(digestPath('first', 'github'));
  const commit = await repository.commit({ 'a.yaml': configMap('a', { key: 'pushed' }) });
  const body = pushEvent();
  expect(await post(path, signedByGitHub('other', body), body)).toBe(400);
  expect(await requestedAt('GitRepository', 'repo')).toBeUndefined();
  expect(await push(path)).toBe(200);
  expect(await requestedAt('GitRepository', 'repo')).toBeDefined();
  const applied = await space.until(
    'Kustomization',
    'app',
    (row) => row.status.lastAppliedRevision === `main@sha1:${commit}`,
  );
  expect(applied).toBeDefined();
  const handled = await requestedAt('GitRepository', 'repo');
  await space.until(
    'GitRepository',
    'repo',
    ({ status }) => status.lastHandledReconcileAt === handled,
  );
  expect(await post(path, signedByGitHub('first', body, 'issues'), body)).toBe(400);
});

test('R05: another token is another path, and the old one is gone', async () => {
  await secret('rotated', { token: 'one' });
  await receiver('rotated', { type: 'generic', secretRef: { name: 'rotated' } });
  const old = await pathOf('rotated');
  expect(await post(old)).toBe(200);
  await secret('rotated', { token: 'two' });
  const next = digestPath('two', 'rotated');
  await space.until('Receiver', 'rotated', ({ status }) => status['webhookPath'] === next);
  expect(await post(old)).toBe(404);
  expect(await post(next)).toBe(200);
  await space.remove('Secret', 'rotated');
  const lost = await space.untilReady('Receiver', 'rotated', 'False');
  expect(conditionOf(lost, 'Ready')?.reason).toBe('TokenNotFound');
  expect(conditionOf(lost, 'Reconciling')?.reason).toBe('ProgressingWithRetry');
  expect(lost.status['webhookPath']).toBeUndefined();
  expect(await post(next)).toBe(404);
  await secret('rotated', { token: 'three' });
  expect(await post(await pathOf('rotated'))).toBe(200);
});

test('R07: it is answered with 503 while it can not work, and with 500 for what it can not ask', async () => {
  await receiver('codes', { type: 'generic' });
  const path = await pathOf('codes');
  await space.patch('Receiver', 'codes', { spec: { suspend: true } });
  await expect.poll(() => post(path), { timeout: 10_000 }).toBe(503);
  await space.patch('Receiver', 'codes', { spec: { suspend: false, resourceFilter: 'res.' } });
  const stalled = await space.untilReady('Receiver', 'codes', 'False');
  expect(conditionOf(stalled, 'Stalled')?.reason).toBe('InvalidCELExpression');
  expect(await post(path)).toBe(503);
  const wrong = [
    { kind: 'GitRepository', name: 'nowhere' },
    { kind: 'GitRepository', name: '*' },
    { kind: 'Kustomization', name: 'app' },
  ];
  for (const resource of wrong) {
    await space.patch('Receiver', 'codes', {
      spec: { resourceFilter: null, resources: [resource] },
    });
    await pathOf('codes');
    await expect.poll(() => post(path), { timeout: 10_000 }).toBe(500);
  }
  expect(await post('/hook/unknown')).toBe(404);
  expect(await post(path, {}, 'x'.repeat(3 * 1024 * 1024 + 1))).toBe(413);
});

test('a wrong one is refused at admission, or stalls', async () => {
  await expect(receiver('bad', { secretRef: undefined })).rejects.toThrow('needs a secretRef');
  await expect(receiver('bad', { type: 'generic-oidc' })).rejects.toThrow('oidcProviders');
  await expect(receiver('bad', { type: 'pigeon' })).rejects.toThrow('spec.type');
  await expect(receiver('bad', { interval: '1d' })).rejects.toThrow('spec.interval');
});

test('R06: labels, the filter of all and the filter of one choose what is asked', async () => {
  const source = (name: string, labels: object): Promise<unknown> => {
    const object = gitRepository(name, repository.url, hour);
    return space.apply({ ...object, metadata: { ...object.metadata, labels } });
  };
  await source('red-1', { team: 'red' });
  await source('red-2', { team: 'red', tier: 'low' });
  await source('blue', { team: 'blue' });
  const red = { kind: 'GitRepository', name: '*', matchLabels: { team: 'red' } };
  await receiver('labels', { type: 'generic', resources: [red] });
  const path = await pathOf('labels');
  const asked = (): Promise<(string | undefined)[]> =>
    Promise.all(['red-1', 'red-2', 'blue'].map((name) => requestedAt('GitRepository', name)));
  expect(await post(path)).toBe(200);
  const first = await asked();
  expect(first.map((at) => at !== undefined)).toEqual([true, true, false]);
  const filter = "!has(res.metadata.labels.tier) || res.metadata.labels.tier != 'low'";
  await space.patch('Receiver', 'labels', {
    spec: { resourceFilter: 'req.wanted == true', resources: [{ ...red, filter }] },
  });
  await pathOf('labels');
  const send = (body: string, type = 'application/json'): Promise<number> =>
    post(path, { 'content-type': type }, body);
  await expect.poll(() => send('{"wanted":false}'), { timeout: 10_000 }).toBe(200);
  expect(await asked()).toEqual(first);
  expect(await send('{"wanted":true}')).toBe(200);
  const second = await asked();
  expect(second.map((at, index) => at !== first[index])).toEqual([true, false, false]);
  // Without JSON there is no req.wanted to be read.
  expect(await send('{"wanted":true}', 'text/plain')).toBe(500);
  const none = { kind: 'GitRepository', name: '*', matchLabels: { team: 'none' } };
  await space.patch('Receiver', 'labels', { spec: { resourceFilter: null, resources: [none] } });
  await pathOf('labels');
  await expect.poll(() => send('{}'), { timeout: 10_000 }).toBe(200);
});

test('with sluice.dev/match only the repository and the branch of the push are asked', async () => {
  await space.apply(gitRepository('same', repository.url, hour));
  await space.apply(gitRepository('elsewhere', 'http://127.0.0.1:1/other.git', hour));
  await space.apply(gitRepository('branch', repository.url, { ...hour, ref: { branch: 'dev' } }));
  const names = ['same', 'elsewhere', 'branch'];
  const resources = names.map((name) => ({ kind: 'GitRepository', name }));
  await receiver('match', { resources }, { 'sluice.dev/match': 'url' });
  const path = await pathOf('match');
  const asked = async (): Promise<string[]> => {
    const times = await Promise.all(names.map((name) => requestedAt('GitRepository', name)));
    return names.filter((_, index) => times[index] !== undefined);
  };
  const ping = '{"zen":"calm"}';
  expect(await post(path, signedByGitHub('first', ping, 'ping'), ping)).toBe(200);
  expect(await asked()).toEqual([]);
  expect(await push(path)).toBe(200);
  expect(await asked()).toEqual(['same']);
  expect(await push(path, pushEvent('dev'))).toBe(200);
  expect(await asked()).toEqual(['same', 'branch']);
});

test('a thousand pushes in ten seconds are some looks, and a fetch of the newest revision', async () => {
  await receiver('storm', { type: 'generic-hmac' });
  const path = await pathOf('storm');
  const fetches = async (): Promise<number> => {
    const id = `gitrepository/${space.name}/repo`;
    const query = `WorkflowId="${id}" AND SluicePhase="stored"`;
    return (await space.temporal.workflow.count(query)).count;
  };
  const before = await fetches();
  const commit = await repository.commit({ 'a.yaml': configMap('a', { key: 'storm' }) });
  const headers = { 'x-signature': `sha512=${hmac('sha512', 'first', '{}')}` };
  const begun = Date.now();
  const answers: Promise<number>[] = [];
  for (let sent = 0; sent < 1000; sent++) {
    answers.push(post(path, headers));
    const ahead = begun + sent * 10 - Date.now();
    if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
  await space.until(
    'Kustomization',
    'app',
    (row) => row.status.lastAppliedRevision === `main@sha1:${commit}`,
  );
  await expect.poll(async () => (await fetches()) - before, { timeout: 10_000 }).toBe(1);
});

test('it is listed, looked at again, explained and suspended by command', async () => {
  await receiver('command');
  await pathOf('command');
  const [listed, looked, explained] = await Promise.all([
    sluice('get', 'receivers'),
    sluice('reconcile', 'receiver', 'command'),
    sluice('explain', 'receiver', 'command'),
  ]);
  expect(listed.stdout).toContain('receiver/command');
  expect(looked.stdout).toContain('takes webhooks');
  expect(explained.stdout).toContain('Succeeded: takes webhooks');
  expect((await sluice('suspend', 'receiver', 'command')).stdout).toContain('suspended');
  const path = digestPath('first', 'command');
  await expect.poll(() => post(path), { timeout: 10_000 }).toBe(503);
});

test('its finalizer goes with it, and its path', async () => {
  await receiver('gone', { type: 'generic' });
  const path = await pathOf('gone');
  const row = (await space.get('Receiver', 'gone')) as Row;
  expect(row.metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
  expect(await space.untilEvent('gone', 'Succeeded')).toMatchObject({ type: 'Normal' });
  await space.remove('Receiver', 'gone');
  await space.untilGone('Receiver', 'gone');
  await expect.poll(() => post(path), { timeout: 10_000 }).toBe(404);
});

test('no token is told by status, events or log', async () => {
  await secret('canary', { token: 'canary-token-5f1c' });
  await receiver('canary', { type: 'gitlab', secretRef: { name: 'canary' } });
  const path = await pathOf('canary');
  expect(
    await post(path, { 'x-gitlab-token': 'canary-token-5f1c', 'x-gitlab-event': 'push' }),
  ).toBe(200);
  expect(await post(path, { 'x-gitlab-token': 'canary-token-5f1d' })).toBe(400);
  const log = await readFile(join(inject('serviceDir'), 'bridge.log'), 'utf8');
  const told = [await space.get('Receiver', 'canary'), await space.events('canary'), log];
  expect(JSON.stringify(told)).not.toContain('canary-token-5f1');
});
