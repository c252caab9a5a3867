import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { artifactOf } from '../support/artifacts.ts';
import {
  conditionOf,
  gitRepository,
  testNamespace,
  type Row,
  type TestNamespace,
} from '../support/cluster.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';

let space: TestNamespace;
const opened: TestRepository[] = [];

beforeAll(async () => {
  space = await testNamespace();
});

afterEach(async () => {
  for (const repository of opened.splice(0)) await repository.close();
});

afterAll(async () => {
  await space.close();
});

async function repositoryWith(
  files: Record<string, string>,
  options: Parameters<typeof testRepository>[0] = {},
): Promise<TestRepository> {
  const repository = await testRepository(options);
  opened.push(repository);
  await repository.commit(files);
  return repository;
}

test('the artifact is served under the url and with the digest of the status', async () => {
  const repository = await repositoryWith({
    'a.yaml': 'a',
    '.gitignore': 'x',
    'logo.png': 'x',
    '.github/w.yml': 'x',
  });
  await space.apply(gitRepository('plain', repository.url));
  const row = await space.untilReady('GitRepository', 'plain');
  const commit = await repository.git('rev-parse', 'HEAD');
  expect(row.status.artifact).toMatchObject({
    revision: `main@sha1:${commit}`,
    path: `gitrepository/${space.name}/plain/${commit}.tar.gz`,
  });
  expect(conditionOf(row, 'ArtifactInStorage')?.status).toBe('True');
  expect(conditionOf(row, 'Ready')?.message).toBe(
    `stored artifact for revision 'main@sha1:${commit}'`,
  );
  expect(Object.keys(await artifactOf(row))).toEqual(['a.yaml']);
});

test('a changed ignore rule makes a new artifact of the same commit', async () => {
  const repository = await repositoryWith({
    'deploy/a.yaml': 'a',
    'src/b.go': 'b',
    'logo.png': 'x',
  });
  await space.apply(gitRepository('ignore', repository.url));
  const before = await space.untilReady('GitRepository', 'ignore');
  expect(Object.keys(await artifactOf(before))).toEqual(['deploy/a.yaml', 'src/b.go']);
  await space.apply(gitRepository('ignore', repository.url, { ignore: '/*\n!/deploy\n' }));
  const after = await space.untilReady('GitRepository', 'ignore');
  expect(after.status.artifact?.digest).not.toBe(before.status.artifact?.digest);
  expect(after.status.artifact?.revision).toBe(before.status.artifact?.revision);
  expect(Object.keys(await artifactOf(after))).toEqual(['deploy/a.yaml']);
});

test.each([
  [
    'basic auth',
    { username: 'ann', password: 'secret' },
    `Basic ${Buffer.from('ann:secret').toString('base64')}`,
  ],
  ['a bearer token', { bearerToken: 'token-1' }, 'Bearer token-1'],
])(
  '%s comes from the Secret, and is asked for again when it is mended',
  async (kind, stringData, authorization) => {
    const name = `auth-${kind.length}`;
    const repository = await repositoryWith({ 'a.yaml': 'a' }, { authorization });
    const secretRef = { name: `${name}-credentials` };
    await space.apply(gitRepository(name, repository.url, { secretRef }));
    const missing = await space.untilReady('GitRepository', name, 'False');
    expect(conditionOf(missing, 'FetchFailed')).toMatchObject({ reason: 'AuthenticationFailed' });
    expect(conditionOf(missing, 'Ready')?.message).toContain(
      `Secret/${space.name}/${name}-credentials is not there`,
    );
    await space.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secretRef.name },
      stringData,
    });
    await space.signal('GitRepository', name);
    const row = await space.untilReady('GitRepository', name);
    expect(conditionOf(row, 'FetchFailed')).toBeUndefined();
  },
);

test('wrong credentials fail without telling them', async () => {
  const repository = await repositoryWith({ 'a.yaml': 'a' }, { authorization: 'Bearer right' });
  const stringData = { username: 'ann', password: 'canary-of-the-wrong-password' };
  await space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'wrong' }, stringData });
  await space.apply(gitRepository('wrong', repository.url, { secretRef: { name: 'wrong' } }));
  const row = await space.untilReady('GitRepository', 'wrong', 'False');
  expect(conditionOf(row, 'Ready')).toMatchObject({ reason: 'AuthenticationFailed' });
  expect(JSON.stringify([row, await space.events('wrong')])).not.toContain('canary');
});

test('a branch that is not there is named, and found once it is pushed', async () => {
  const repository = await repositoryWith({ 'a.yaml': 'a' });
  await space.apply(gitRepository('branch', repository.url, { ref: { branch: 'later' } }));
  const row = await space.untilReady('GitRepository', 'branch', 'False');
  expect(conditionOf(row, 'Ready')?.message).toContain('no reference refs/heads/later');
  await repository.git('branch', 'later');
  await repository.push();
  await space.signal('GitRepository', 'branch');
  const found = await space.untilReady('GitRepository', 'branch');
  expect(found.status.artifact?.revision).toMatch(/^later@sha1:/);
});

test('the range of versions picks the highest tag, and a new tag is followed', async () => {
  const repository = await repositoryWith({ 'a.yaml': '1' });
  for (const tag of ['v1.0.0', '1.2.0', 'v2.0.0', 'not-a-version'])
    await repository.git('tag', tag);
  await repository.push();
  await space.apply(gitRepository('semver', repository.url, { ref: { semver: '1.x' } }));
  const first = await space.untilReady('GitRepository', 'semver');
  expect(first.status.artifact?.revision).toMatch(/^1\.2\.0@sha1:/);
  await repository.commit({ 'a.yaml': '2' });
  await repository.git('tag', '-a', 'v1.3.0', '-m', 'annotated');
  await repository.push();
  await space.signal('GitRepository', 'semver');
  const commit = await repository.git('rev-parse', 'HEAD');
  await space.until(
    'GitRepository',
    'semver',
    (row) => row.status.artifact?.revision === `v1.3.0@sha1:${commit}`,
  );
});

test('suspended a source stores nothing new', async () => {
  const repository = await repositoryWith({ 'a.yaml': '1' });
  await space.apply(gitRepository('still', repository.url));
  const before = await space.untilReady('GitRepository', 'still');
  await space.patch('GitRepository', 'still', { spec: { suspend: true } });
  await repository.commit({ 'a.yaml': '2' });
  await space.signal('GitRepository', 'still');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const after = await space.get('GitRepository', 'still');
  expect((after as Row).status.artifact).toEqual(before.status.artifact);
});

test('an unchanged remote leaves no trace in the status', async () => {
  const repository = await repositoryWith({ 'a.yaml': '1' });
  await space.apply(gitRepository('quiet', repository.url));
  const before = await space.untilReady('GitRepository', 'quiet');
  await space.signal('GitRepository', 'quiet');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const after = await space.get('GitRepository', 'quiet');
  expect(after?.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  expect(
    (await space.events('quiet')).filter(({ reason }) => reason === 'NewArtifact'),
  ).toHaveLength(1);
});

test('a field whose behaviour is not there yet stalls the source and is named', async () => {
  await space.apply(gitRepository('future', 'https://example.invalid/x', { provider: 'aws' }));
  const row = await space.untilReady('GitRepository', 'future', 'False');
  expect(conditionOf(row, 'Stalled')?.message).toContain('spec.provider');
});

test('a deleted source is gone with its artifact', async () => {
  const repository = await repositoryWith({ 'a.yaml': '1' });
  await space.apply(gitRepository('gone', repository.url));
  const { status } = await space.untilReady('GitRepository', 'gone');
  await space.remove('GitRepository', 'gone');
  await space.untilGone('GitRepository', 'gone');
  expect((await fetch(status.artifact?.url ?? '')).status).toBe(404);
});
