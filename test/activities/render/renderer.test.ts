import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Kustomization } from '../../../api/index.ts';
import type { RenderedSet } from '../../../activities/cluster/rendered.ts';
import { createRenderer } from '../../../activities/render/renderer.ts';
import { resolveTool, SILENT } from '../../../deploy/dev/index.ts';
import { configMap, specWith } from '../../support/manifests.ts';
import { ownDirectories } from '../../support/own-directories.ts';

const sops = 'sops';
const kustomize = await resolveTool('kustomize', SILENT);
const directoryWith = ownDirectories();

async function render(
  files: Record<string, string>,
  fields: Partial<Kustomization['spec']> = {},
  noRemoteBases = true,
): Promise<RenderedSet> {
  const artifactDir = await directoryWith(files);
  const cacheDir = await directoryWith({});
  const openArtifact = (): Promise<string> => Promise.resolve(artifactDir);
  const renderer = createRenderer({ kustomize, sops, cacheDir, openArtifact, noRemoteBases });
  return renderer.render(specWith(fields), {
    key: { namespace: 'apps', name: 'web' },
    generation: 1,
    source: 'GitRepository/apps/repo',
    artifact: { url: 'http://x', digest: 'sha256:1', revision: 'main@sha1:1' },
    timeoutMs: 30_000,
  });
}

const names = ({ objects }: RenderedSet): string[] =>
  objects.map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name].join('/'));

describe('a directory without a kustomization file', () => {
  test('is built from every YAML file below it, and a sub-directory with its own file as a whole', async () => {
    const set = await render(
      {
        'apps/a.yaml': configMap('a'),
        'apps/deep/b.yml': configMap('b'),
        'apps/deep/readme.md': 'not yaml: [',
        'apps/own/kustomization.yaml': 'resources: [c.yaml]\nnamePrefix: own-\n',
        'apps/own/c.yaml': configMap('c'),
        'apps/own/unlisted.yaml': configMap('unlisted'),
        'other/d.yaml': configMap('d'),
      },
      { path: './apps' },
    );
    expect(names(set).sort()).toEqual(['ConfigMap//a', 'ConfigMap//b', 'ConfigMap//own-c']);
  });

  test('builds to nothing when it is empty', async () => {
    expect((await render({ 'apps/readme.md': '' }, { path: 'apps' })).objects).toEqual([]);
    expect((await render({ 'a.yaml': '# only a comment\n' })).objects).toEqual([]);
  });

  test.each([
    [
      'holds no Kubernetes object',
      'foo: bar\n',
      'apps/bad.yaml holds something that is no Kubernetes object',
    ],
    ['is broken', 'a: [1\nb: 2\n', 'apps/bad.yaml is not valid YAML'],
  ])('fails with the name of a file that %s', async (_, text, message) => {
    const files = { 'apps/good.yaml': configMap('a'), 'apps/bad.yaml': text };
    await expect(render(files, { path: 'apps' })).rejects.toThrow(message);
  });
});

describe('the spec', () => {
  const files = {
    'base/kustomization.yaml': `resources: [web.yaml]
namePrefix: file-
images: [{name: nginx, newTag: "1.0", newName: mirror/nginx}]
`,
    'base/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers: [{name: web, image: "nginx:0.9"}]
`,
    'extra/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
commonAnnotations: {extra: "yes"}
`,
  };

  test('overrides names and namespace of the file and is appended to its patches and images', async () => {
    const { objects } = await render(files, {
      path: 'base',
      targetNamespace: 'prod',
      namePrefix: 'spec-',
      nameSuffix: '-1',
      patches: [
        { patch: '- {op: add, path: /spec/replicas, value: 3}', target: { kind: 'Deployment' } },
      ],
      images: [{ name: 'nginx', digest: `sha256:${'a'.repeat(64)}` }],
      commonMetadata: { labels: { team: 'x' } },
    });
    expect(objects).toMatchObject([
      {
        metadata: { name: 'spec-web-1', namespace: 'prod', labels: { team: 'x' } },
        spec: {
          replicas: 3,
          template: { spec: { containers: [{ image: `mirror/nginx@sha256:${'a'.repeat(64)}` }] } },
        },
      },
    ]);
  });

  test('adds components, and skips missing ones only when it says so', async () => {
    const fields = { path: 'base', components: ['../extra', '../missing'] };
    await expect(render(files, fields)).rejects.toThrow('"../missing"');
    const { objects } = await render(files, { ...fields, ignoreMissingComponents: true });
    expect(objects).toMatchObject([{ metadata: { annotations: { extra: 'yes' } } }]);
  });

  test('leaves the shared artifact as it was', async () => {
    const set = await render(files, { path: 'base', nameSuffix: '-1' });
    const again = await render(files, { path: 'base' });
    expect([names(set), names(again)]).toEqual([
      ['Deployment//file-web-1'],
      ['Deployment//file-web'],
    ]);
  });

  test.each([
    ['../outside', 'leaves the artifact'],
    ['missing', 'is not in the artifact'],
    ['base/web.yaml', 'is a file'],
  ])('fails for the path %s', async (path, message) => {
    await expect(render(files, { path })).rejects.toThrow(message);
  });
});

describe('a build', () => {
  const secretFile = join('..', '..', '..', '..', '..', '..', '..', 'etc', 'hostname');
  test.each([
    ['a resource outside of the artifact', { 'kustomization.yaml': `resources: [${secretFile}]` }],
    ['an absolute resource', { 'kustomization.yaml': 'resources: [/etc/hostname]' }],
    [
      'a generator file outside',
      { 'kustomization.yaml': 'configMapGenerator: [{name: a, files: [x=/etc/hostname]}]' },
    ],
    [
      'an env file outside',
      { 'kustomization.yaml': 'secretGenerator: [{name: a, envs: [/proc/self/environ]}]' },
    ],
    [
      'a patch file outside',
      {
        'kustomization.yaml': 'resources: [a.yaml]\npatches: [{path: /etc/hostname}]',
        'a.yaml': configMap('a'),
      },
    ],
    [
      'a generator configuration that reads outside',
      {
        'kustomization.yaml': 'generators: [gen/g.yaml]',
        'gen/g.yaml':
          'apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: g}\nfiles: [/etc/hostname]',
      },
    ],
    [
      'an inline generator that reads outside',
      {
        'kustomization.yaml': `generators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: g}\n  files: [/etc/hostname]\n`,
      },
    ],
    [
      'a base whose resource lies outside',
      {
        'kustomization.yaml': 'resources: [base]',
        'base/kustomization.yaml': 'resources: [../../../../etc/hostname]',
      },
    ],
  ])('refuses %s', async (_, files) => {
    await expect(render(files)).rejects.toThrow('outside of the artifact');
  });

  test.each([
    'https://example.invalid/a.yaml',
    'github.com/org/repo//base?ref=v1',
    'ssh://git@host/x',
  ])('refuses the remote base %s when told so', async (base) => {
    await expect(render({ 'kustomization.yaml': `resources: ["${base}"]` })).rejects.toThrow(
      'remote base',
    );
  });

  test('refuses remote bases that are not on http even when remote bases are allowed', async () => {
    const files = { 'kustomization.yaml': 'resources: ["file:///etc"]' };
    await expect(render(files, {}, false)).rejects.toThrow('not on http');
  });

  test('runs no plugins and no Helm', async () => {
    const exec = `apiVersion: x/v1\nkind: T\nmetadata:\n  name: t\n  annotations:\n    config.kubernetes.io/function: "exec: {path: ./run.sh}"\n`;
    const files = {
      'kustomization.yaml': 'resources: [a.yaml]\ntransformers: [t.yaml]',
      'a.yaml': configMap('a'),
      't.yaml': exec,
    };
    await expect(render(files)).rejects.toThrow('kustomize build failed');
    const helm = { 'kustomization.yaml': 'helmCharts: [{name: x}]' };
    await expect(render(helm)).rejects.toThrow('Helm charts');
  });

  test('takes Lists apart and drops nothing of them', async () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n`;
    expect(names(await render({ 'list.yaml': list }))).toEqual(['ConfigMap//a', 'ConfigMap//b']);
  });

  test('gives the same digest for the same inputs and another one for others', async () => {
    const one = await render({ 'a.yaml': configMap('a') });
    const same = await render({ 'a.yaml': configMap('a') });
    const other = await render({ 'a.yaml': configMap('a', { key: 'other' }) });
    expect(same.digest).toBe(one.digest);
    expect(other.digest).not.toBe(one.digest);
  });

  test('keeps the values of Secrets out of its errors', async () => {
    const canary = 'canary-5d41402abc4b2a76';
    const files = {
      'kustomization.yaml': `resources: [s.yaml]\npatches:\n- patch: |-\n    kind: Secret\n    stringData: {password: ${canary}}\n    bad: [\n`,
      's.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: ${canary}}\n`,
    };
    const failure = await render(files).catch((error: unknown) => error);
    expect(String(failure)).toContain('kustomize build failed');
    expect(String(failure)).not.toContain(canary);
  });
});
