import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClosures } from '../../../activities/render/closure.ts';
import type { ArtifactRef } from '../../../activities/contract.ts';
import type { Kustomization } from '../../../api/index.ts';
import { configMap, specWith } from '../../support/manifests.ts';
import { ownDirectories } from '../../support/own-directories.ts';

const directoryWith = ownDirectories();

const tree = {
  'README.md': 'read me',
  'apps/web/kustomization.yaml':
    'resources: [a.yaml, ../../base]\ncomponents: [../../parts/x]\nconfigMapGenerator: [{name: c, files: [../../files/conf.txt]}]\n',
  'apps/web/a.yaml': configMap('a'),
  'apps/other/b.yaml': configMap('b'),
  'base/kustomization.yaml': 'resources: [c.yaml]\n',
  'base/c.yaml': configMap('c'),
  'parts/x/kustomization.yaml': 'kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n',
  'files/conf.txt': 'text',
  'files/unused.txt': 'text',
};

const source = 'GitRepository/apps/repo';

/** An artifact whose digest is the place where it is unpacked. */
function artifactIn(directory: string): ArtifactRef {
  return { url: 'http://x', digest: directory, revision: 'main@sha1:1' };
}

const opened = ({ digest }: ArtifactRef): Promise<string> => Promise.resolve(digest);

/** Digests of the tree and of the tree with changes, by closures that may remember the first. */
async function digests(
  changes: Record<string, string>,
  fields: Partial<Kustomization['spec']> = { path: './apps/web' },
): Promise<[string | undefined, string | undefined]> {
  const [before, after] = [await directoryWith(tree), await directoryWith({ ...tree, ...changes })];
  const closures = createClosures(opened);
  const spec = specWith(fields);
  const first = await closures.digest(artifactIn(before), spec, source);
  const second = await closures.digest(artifactIn(after), spec, source);
  // What is remembered changes nothing of the result.
  expect(await createClosures(opened).digest(artifactIn(after), spec, source)).toBe(second);
  return [first, second];
}

describe('a change counts', () => {
  test.each([
    ['in the path', { 'apps/web/a.yaml': configMap('changed') }],
    ['in a base outside of the path', { 'base/c.yaml': configMap('changed') }],
    ['in a new file below a base', { 'base/d.yaml': configMap('d') }],
    ['in a component', { 'parts/x/more.yaml': configMap('more') }],
    ['in a file of a generator', { 'files/conf.txt': 'changed' }],
    [
      'in a base that is referred to since',
      {
        'base/kustomization.yaml': 'resources: [../apps/new]\n',
        'apps/new/kustomization.yaml': 'resources: []\n',
      },
    ],
  ])('%s', async (_, changes) => {
    const [before, after] = await digests(changes);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(after).not.toBe(before);
  });

  test('in a component that was missing and may be', async () => {
    const fields = {
      path: './apps/other',
      components: ['../../parts/late'],
      ignoreMissingComponents: true,
    };
    const late = {
      'parts/late/kustomization.yaml':
        'kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n',
    };
    const [before, after] = await digests(late, fields);
    expect(after).not.toBe(before);
  });

  test('in a path without a kustomization, deep below it', async () => {
    const [before, after] = await digests(
      { 'apps/other/deep/e.yaml': configMap('e') },
      { path: 'apps/other' },
    );
    expect(after).not.toBe(before);
  });
});

test.each([
  ['elsewhere', { 'apps/other/b.yaml': configMap('changed'), 'README.md': 'changed' }],
  ['in a file beside those that are named', { 'files/unused.txt': 'changed' }],
])('a change %s does not count', async (_, changes) => {
  const [before, after] = await digests(changes);
  expect(after).toBe(before);
});

test('the same artifact is opened once, unless the spec reads other places', async () => {
  const artifact = artifactIn(await directoryWith(tree));
  let openings = 0;
  const closures = createClosures((each) => {
    openings += 1;
    return opened(each);
  });
  const read = (path: string): Promise<string | undefined> =>
    closures.digest(artifact, specWith({ path }), source);
  expect(await read('apps/web')).toBe(await read('apps/web'));
  expect(openings).toBe(1);
  expect(await read('apps/other')).not.toBe(await read('apps/web'));
  expect(openings).toBe(2);
});

test.each([
  ['a path that is missing', { path: 'apps/missing' }],
  ['a file that is missing', { path: 'broken' }],
])('%s is left to the build, and looked at again', async (_, fields) => {
  const directory = await directoryWith({ 'broken/kustomization.yaml': 'resources: [a.yaml]\n' });
  const closures = createClosures(opened);
  const digest = (): Promise<string | undefined> =>
    closures.digest(artifactIn(directory), specWith(fields), source);
  expect(await digest()).toBeUndefined();
  await mkdir(join(directory, 'apps/missing'), { recursive: true });
  await writeFile(join(directory, 'broken/a.yaml'), configMap('a'));
  expect(await digest()).toMatch(/^[0-9a-f]{64}$/);
});

test('an artifact that can not be had is told', async () => {
  const closures = createClosures(() => Promise.reject(new Error('away')));
  await expect(closures.digest(artifactIn('x'), specWith({}), source)).rejects.toThrow('away');
});

test('what lies on another host can not be compared', async () => {
  const remote = {
    'apps/web/kustomization.yaml': 'resources: ["https://example.com/base.yaml"]\n',
  };
  expect(await digests(remote)).toEqual([expect.any(String), undefined]);
});
