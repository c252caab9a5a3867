import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RenderedSet } from '../../../activities/cluster/rendered.ts';
import { createRenderer } from '../../../activities/render/renderer.ts';
import { resolveTool, SILENT } from '../../../deploy/dev/index.ts';
import { directoryWith } from '../../support/files.ts';
import { configMap, specWith } from '../../support/manifests.ts';
import { ageKeys, encrypt, encryptedSecret } from '../../support/sops.ts';

/** What is in a repository decides what is applied, and nothing of the worker that builds it. */
let tools: { kustomize: string; sops: string };
const made: string[] = [];

beforeAll(async () => {
  const [kustomize, sops] = [
    await resolveTool('kustomize', SILENT),
    await resolveTool('sops', SILENT),
  ];
  tools = { kustomize, sops };
});

afterAll(async () => {
  for (const directory of made) await rm(directory, { recursive: true, force: true });
});

async function render(
  files: Record<string, string>,
  spec: Parameters<typeof specWith>[0] = {},
): Promise<RenderedSet['objects']> {
  const artifactDir = await directoryWith(files);
  const cacheDir = await directoryWith({});
  made.push(artifactDir, cacheDir);
  const openArtifact = (): Promise<string> => Promise.resolve(artifactDir);
  const renderer = createRenderer({ ...tools, cacheDir, openArtifact, noRemoteBases: true });
  const pass = {
    key: { namespace: 'apps', name: 'web' },
    generation: 1,
    source: 'GitRepository/apps/repo',
    artifact: { url: 'http://x', digest: 'sha256:1', revision: 'main@sha1:1' },
    timeoutMs: 30_000,
  };
  const keys = { age: ageKeys.identity, pgp: [], environment: {}, files: {} };
  return (await renderer.render(specWith(spec), pass, { keys })).objects;
}

test.each([
  ['an empty target', 'replacements: [{ source: { kind: ConfigMap }, targets: [null] }]'],
  [
    'an empty rejection',
    'replacements: [{ source: { kind: ConfigMap }, targets: [{ select: { kind: ConfigMap }, reject: [null], fieldPaths: [metadata.name] }] }]',
  ],
])(
  'a build that crashes kustomize by %s fails in one line, and the next works',
  async (_, text) => {
    const files = { 'a.yaml': configMap('a'), 'b/kustomization.yaml': 'resources: [../a.yaml]\n' };
    const failing = render({ ...files, 'kustomization.yaml': `resources: [a.yaml]\n${text}\n` });
    await expect(failing).rejects.toMatchObject({ type: 'BuildFailed' });
    await expect(failing).rejects.toThrow(
      /^kustomize build failed: it crashed \(runtime error: .*$/,
    );
    expect(await render(files, { path: 'b' })).toHaveLength(1);
  },
);

test.each([
  ['itself', { 'a/kustomization.yaml': 'resources: [../a]\n' }],
  [
    'each other',
    {
      'a/kustomization.yaml': 'resources: [../b]\n',
      'b/kustomization.yaml': 'resources: [../a]\n',
    },
  ],
  [
    'each other by components',
    {
      'a/kustomization.yaml': 'components: [../b]\n',
      'b/kustomization.yaml':
        'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [../a]\n',
    },
  ],
])('kustomizations that refer to %s end with an error', async (_, files) => {
  await expect(render(files, { path: 'a' })).rejects.toMatchObject({ type: 'BuildFailed' });
});

test('what reads like a command of a shell stays a text, wherever it stands', async () => {
  const mark = `sluice-owned-${process.pid}`;
  const command = `$(touch ${join(tmpdir(), mark)})\`touch ${join(tmpdir(), mark)}\`; touch ${mark} #`;
  const inName = `$(touch ${mark});\`touch ${mark}\` '"`;
  const data = { [inName.replaceAll(/[^-._a-zA-Z0-9]/g, '_')]: command };
  const manifest = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
    data,
  });
  const kustomization = {
    resources: ['a.yaml', 'secret.yaml'],
    secretGenerator: [{ name: 'b', files: [`key=${inName}`], literals: [`x=${command}`] }],
  };
  const objects = await render(
    {
      [`${inName}/kustomization.yaml`]: JSON.stringify(kustomization),
      [`${inName}/a.yaml`]: manifest,
      [`${inName}/secret.yaml`]: await encryptedSecret('c', { token: command }),
      [`${inName}/${inName}`]: await encrypt(command, 'binary'),
    },
    { path: inName },
  );
  // Kustomize breaks long values into lines.
  const text = JSON.stringify(objects).replaceAll(String.raw`\n`, '');
  const base64 = Buffer.from(command).toString('base64');
  expect(objects).toHaveLength(3);
  for (const whole of [{ data }, { stringData: { token: command } }, { key: base64, x: base64 }]) {
    expect(text).toContain(JSON.stringify(whole).slice(1, -1));
  }
  for (const place of [tmpdir(), process.cwd()]) expect(await readdir(place)).not.toContain(mark);
  for (const place of made) {
    expect((await readdir(place, { recursive: true })).map((path) => basename(path))).not.toContain(
      mark,
    );
  }
});
