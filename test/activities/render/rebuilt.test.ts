import { expect, test } from 'vitest';
import type { RenderedSet } from '../../../activities/cluster/rendered.ts';
import type { ArtifactRef } from '../../../activities/contract.ts';
import { createClosures } from '../../../activities/render/closure.ts';
import { createRenderer } from '../../../activities/render/renderer.ts';
import { configMap, specWith } from '../../support/manifests.ts';
import { ownDirectories } from '../../support/own-directories.ts';

const directoryWith = ownDirectories();
const tree = { 'web/a.yaml': configMap('a'), 'other/b.yaml': configMap('b') };

test('another artifact is built again where something that the build reads differs, and only there', async () => {
  const artifacts = new Map([
    ['first', await directoryWith(tree)],
    ['elsewhere', await directoryWith({ ...tree, 'other/b.yaml': configMap('changed') })],
    ['here', await directoryWith({ ...tree, 'web/a.yaml': configMap('changed') })],
  ]);
  const built: string[] = [];
  const openArtifact = ({ digest }: ArtifactRef): Promise<string> =>
    Promise.resolve(artifacts.get(digest) ?? '');
  const renderer = createRenderer({
    kustomize: 'kustomize',
    sops: 'sops',
    noRemoteBases: true,
    cacheDir: await directoryWith({}),
    openArtifact,
    closures: createClosures(openArtifact),
    build: ({ artifactDir }) => {
      built.push(artifactDir);
      return Promise.resolve({ digest: artifactDir, objects: [], secrets: [] });
    },
  });
  const rendered = (digest: string): Promise<RenderedSet> =>
    renderer.render(specWith({ path: 'web' }), {
      key: { namespace: 'apps', name: 'web' },
      generation: 1,
      source: 'GitRepository/apps/repo',
      artifact: { url: 'http://x', digest, revision: 'main@sha1:1' },
      timeoutMs: 30_000,
    });
  const [first] = await Promise.all([rendered('first'), rendered('first')]);
  expect(await rendered('elsewhere')).toEqual(first);
  await rendered('here');
  expect(built).toEqual([artifacts.get('first'), artifacts.get('here')]);
});
