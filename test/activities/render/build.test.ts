import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { prepareBuild } from '../../../activities/render/build.ts';
import { runKustomize } from '../../../activities/render/kustomize.ts';
import { resolveTool, SILENT } from '../../../deploy/dev/index.ts';
import { configMap, specWith } from '../../support/manifests.ts';
import { ownDirectories } from '../../support/own-directories.ts';

const kustomize = await resolveTool('kustomize', SILENT);
const directoryWith = ownDirectories();

test('a build that the spec changes gets what it reads of the artifact, and nothing of the other paths', async () => {
  const lines = [
    'resources: [a.yaml, ../../base]',
    'components: [../../parts/x]',
    'configMapGenerator: [{ name: c, files: [../../files/deep/conf.txt] }]',
    'patches: [{ path: ../../patches/p.yaml }]',
    'replacements: [{ path: ../../files/replace.yaml }]',
  ];
  const artifactDir = await directoryWith({
    'apps/web/kustomization.yaml': lines.join('\n'),
    'apps/web/a.yaml': configMap('a'),
    'apps/other/b.yaml': configMap('b'),
    'base/kustomization.yaml': 'resources: [parts/c.yaml]\n',
    'base/parts/c.yaml': configMap('c2'),
    'parts/x/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -x\n',
    'files/deep/conf.txt': 'text',
    'files/deep/unused.txt': 'text',
    'files/replace.yaml':
      'source: { kind: ConfigMap, name: a, fieldPath: data.key }\ntargets: [{ select: { name: c2 }, fieldPaths: [data.key] }]\n',
    'patches/p.yaml': configMap('a', { key: 'patched' }),
  });
  const workDir = await directoryWith({});
  const spec = specWith({ path: './apps/web', namePrefix: 'pre-' });
  const given = { artifactDir, workDir, spec, noRemoteBases: true, ownTree: false };
  const prepared = await prepareBuild(given);
  if (!prepared) throw new Error('there is something to build');
  const output = await runKustomize(kustomize, prepared, join(workDir, 'home'));
  expect(
    output.match(/name: pre-.*$/gm)?.map((line) => line.replace(/-[a-z0-9]{10}$/, '')),
  ).toEqual(expect.arrayContaining(['name: pre-a-x', 'name: pre-c2-x', 'name: pre-c-x']));
  expect(output.match(/key: patched/g)).toHaveLength(2);
  const files = await readdir(prepared.root, { recursive: true, withFileTypes: true });
  const linked = files
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(prepared.root, join(parentPath, name)));
  expect(linked.sort()).toEqual([
    'apps/web/a.yaml',
    'apps/web/kustomization.yaml',
    'base/kustomization.yaml',
    'base/parts/c.yaml',
    'files/deep/conf.txt',
    'files/replace.yaml',
    'parts/x/kustomization.yaml',
    'patches/p.yaml',
  ]);
});
