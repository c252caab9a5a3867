import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startOfBuild } from '../../../activities/render/build.ts';
import { checkReferences, type ReferenceReport } from '../../../activities/render/references.ts';
import { directoryWith } from '../../support/files.ts';
import { specWith } from '../../support/manifests.ts';

const roots: string[] = [];
afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true, force: true });
});

type Files = Record<string, string | Buffer>;

/** Checks the directory `app` of an artifact with these files. */
async function check(files: Files, noRemoteBases = true): Promise<ReferenceReport> {
  const root = await directoryWith({ 'app/cm.yaml': 'kind: ConfigMap\n', 'base/x.txt': 'x' });
  roots.push(root);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  const start = await startOfBuild(root, specWith({ path: 'app' }));
  return checkReferences(start ?? { root, directory: root, title: '', content: {} }, noRemoteBases);
}

const config = (fields: string, kind = 'ConfigMapGenerator'): string =>
  `apiVersion: builtin\nkind: ${kind}\nmetadata: { name: x }\n${fields}\n`;
const app = (text: string | Buffer, others: Files = {}): Files => ({
  'app/kustomization.yaml': text,
  ...others,
});
const secret = 'configMapGenerator: [{ name: x, files: [/etc/hostname] }]\n';
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

/** Ways to have kustomize read a file of the worker; each was seen to work with kustomize v5.8.1 alone. */
test.each<[string, Files]>([
  ['a plain path', app(secret)],
  ['a path out of the artifact', app('resources: [../../x.yaml]\n')],
  ['variables of a Secret', app('secretGenerator: [{ name: x, envs: [../../x.env] }]\n')],
  ['a variable file of a Secret', app('secretGenerator: [{ name: x, env: /etc/hostname }]\n')],
  ['a field in other case', app(secret.replace('configMap', 'ConfigMAP'))],
  ['a nested field in other case', app(secret.replace('files', 'Files'))],
  ['a letter that folds to ASCII', app(secret.replace('files', 'file\u017f'))],
  ['a merge key', app(`<<: { ${secret.trim()} }\n`)],
  [
    'a nested merge key',
    app(secret.replace('files: [/etc/hostname]', '<<: { files: [/etc/hostname] }')),
  ],
  ['a binary value', app(secret.replace('/etc/hostname', '!!binary L2V0Yy9ob3N0bmFtZQ=='))],
  ['a binary key', app(secret.replace('files:', '? !!binary ZmlsZXM= :'))],
  ['a line separator', app(`# x\u2028${secret}`)],
  ['a next line', app(`# x\u0085${secret}`)],
  ['a carriage return', app(`# x\r${secret}`)],
  ['a directive', app(`%YAML 1.1\n---\n${secret}`)],
  ['another encoding', app(utf16(secret))],
  [
    'a generator',
    app('generators: [g.yaml]\n', { 'app/g.yaml': config('files: [/etc/hostname]') }),
  ],
  [
    'a generator in other case',
    app('generators: [g.yaml]\n', { 'app/g.yaml': config('FILES: [/etc/hostname]') }),
  ],
  [
    'a generator in another encoding',
    app('generators: [g.yaml]\n', { 'app/g.yaml': utf16(config('files: [/etc/hostname]')) }),
  ],
  [
    'an inline generator',
    app(
      `generators:\n- |\n  ${config('files: [/etc/hostname]').trim().replaceAll('\n', '\n  ')}\n`,
    ),
  ],
  [
    'a list of generators',
    app('generators: [g.yaml]\n', {
      'app/g.yaml': `kind: List\nitems: [{ kind: ConfigMapGenerator, files: [/etc/hostname] }]\n`,
    }),
  ],
  [
    'a directory of generators',
    app('generators: [g]\n', {
      'app/g/kustomization.yaml': 'resources: [g.yaml]\n',
      'app/g/g.yaml': config('files: [/etc/hostname]'),
    }),
  ],
  [
    'a patched directory of generators',
    app('generators: [g]\n', {
      'app/g/kustomization.yaml': 'resources: [g.yaml]\npatches: [{ path: p.yaml }]\n',
      'app/g/g.yaml': config(''),
      'app/g/p.yaml': config('files: [/etc/hostname]'),
    }),
  ],
  [
    'a transformer',
    app('transformers: [t.yaml]\n', {
      'app/t.yaml': config('path: /etc/hostname', 'PatchTransformer'),
    }),
  ],
  ['a patch', app('patches: [{ Path: /etc/hostname }]\n')],
  ['a patch without a mapping', app('patches: [/etc/hostname]\n')],
  ['a replacement', app('replacements: [{ path: /etc/hostname }]\n')],
  ['a schema', app('openapi: { path: /etc/hostname }\n')],
  ['a Helm chart', app('helmCharts: [{ name: x }]\n')],
  ['a Helm chart in other case', app('HelmCharts: [{ name: x }]\n')],
  [
    'a Helm chart as generator',
    app('generators: [g.yaml]\n', { 'app/g.yaml': config('', 'HelmChartInflationGenerator') }),
  ],
])('a build may not read a file of the worker by %s', async (_, files) => {
  await expect(check(files)).rejects.toMatchObject({ type: 'BuildFailed' });
});

const remotes = [
  'https://host/x.yaml',
  'HTTPS://host/x.yaml',
  'http://host/x.yaml',
  'git::https://host/org/repo',
  'ssh://git@host/org/repo',
  'git@host:org/repo',
  'git@host/org/repo',
  'github.com/org/repo',
  'GitHub.com/org/repo?ref=v1',
  'github.com:org/repo',
  'https://host/org/repo//base?ref=v1',
  'file:///etc',
  's3::https://bucket/x',
  'oci://host/x',
];

test.each(remotes)(
  'the remote base %s is refused, even if a directory has its name',
  async (url) => {
    const local = { [`app/${url}/kustomization.yaml`]: 'resources: []\n' };
    const files = app(`resources: ['${url}']\n`, local);
    await expect(check(files)).rejects.toThrow('this worker refuses those');
  },
);

test.each([
  ["configMapGenerator: [{ name: x, files: ['https://host/x'] }]"],
  ["patches: [{ path: 'https://host/x' }]"],
  ["openapi: { path: 'http://host/x' }"],
  ["crds: ['https://host/x']"],
  ["configurations: ['https:/host/x']"],
  ["transformers: ['https://host/x']"],
])('a remote file is refused: %s', async (text) => {
  await expect(check(app(`${text}\n`))).rejects.toThrow('this worker refuses those');
});

test('what stays in the artifact is allowed', async () => {
  const report = await check(
    app(
      `resources: [cm.yaml]
transformers: [../base/t]
`,
      {
        'base/t/kustomization.yaml': 'kind: Kustomization\nresources: [t.yaml]\n',
        'base/t/t.yaml': config('path: ../base/x.txt', 'PatchTransformer'),
      },
    ),
  );
  expect(report.remote).toBe(false);
  const names = app("configMapGenerator: [{ name: x, files: ['a=logo@2x.png'] }]\n", {
    'app/logo@2x.png': 'x',
  });
  await expect(check(names)).resolves.toMatchObject({ remote: false });
});
