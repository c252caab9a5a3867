import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Kustomization } from '../../../api/index.ts';
import type { RenderedSet } from '../../../activities/cluster/rendered.ts';
import type { DecryptionKeys } from '../../../activities/render/decryption/keys.ts';
import type { RenderInputs } from '../../../activities/render/build-objects.ts';
import { createRenderer } from '../../../activities/render/renderer.ts';
import { resolveTool, SILENT } from '../../../deploy/dev/index.ts';
import { specWith } from '../../support/manifests.ts';
import { ownDirectories } from '../../support/own-directories.ts';
import { ageKeys, encrypt, encryptedSecret, pgpFixtures } from '../../support/sops.ts';

let kustomize: string;
let sops: string;

beforeAll(async () => {
  kustomize = await resolveTool('kustomize', SILENT);
  sops = await resolveTool('sops', SILENT);
});

const directoryWith = ownDirectories();

const keysWith = (fields: Partial<DecryptionKeys> = {}): DecryptionKeys => ({
  age: ageKeys.identity,
  pgp: [],
  environment: {},
  files: {},
  ...fields,
});

interface Rendering {
  readonly set: RenderedSet;
  readonly artifactDir: string;
  readonly cacheDir: string;
}

async function renderIn(
  files: Record<string, string>,
  inputs: RenderInputs = { keys: keysWith() },
  fields: Partial<Kustomization['spec']> = {},
): Promise<Rendering> {
  const artifactDir = await directoryWith(files);
  const cacheDir = await directoryWith({});
  const openArtifact = (): Promise<string> => Promise.resolve(artifactDir);
  const renderer = createRenderer({ kustomize, sops, cacheDir, openArtifact, noRemoteBases: true });
  const set = await renderer.render(
    specWith(fields),
    {
      key: { namespace: 'apps', name: 'web' },
      generation: 1,
      source: 'GitRepository/apps/repo',
      artifact: { url: 'http://x', digest: 'sha256:1', revision: 'main@sha1:1' },
      timeoutMs: 30_000,
    },
    inputs,
  );
  return { set, artifactDir, cacheDir };
}

async function render(...args: Parameters<typeof renderIn>): Promise<RenderedSet> {
  return (await renderIn(...args)).set;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const kustomizationFile = (fields: object): Record<string, string> => ({
  'kustomization.yaml': JSON.stringify({ kind: 'Kustomization', ...fields }),
});

test('an encrypted Secret is decrypted, and its values are known as secret', async () => {
  const set = await render({ 'a.yaml': await encryptedSecret('a', { token: 'canary-1234' }) });
  expect(set.objects).toEqual([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      stringData: { token: 'canary-1234' },
    },
  ]);
  expect(set.secrets).toContain('canary-1234');
});

test('an object of any kind is decrypted', async () => {
  const text =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { key: canary-1234 }\n';
  const set = await render({ 'a.yaml': await encrypt(text, 'yaml', '^data$') });
  expect(set.objects).toMatchObject([{ kind: 'ConfigMap', data: { key: 'canary-1234' } }]);
  expect(set.objects[0]).not.toHaveProperty('sops');
});

test('a key of PGP decrypts, and is gone from the disk afterwards', async () => {
  const { secret, privateKey } = await pgpFixtures();
  const keys = keysWith({ age: '', pgp: [privateKey] });
  const { set, cacheDir } = await renderIn({ 'a.yaml': secret }, { keys });
  expect(set.objects).toMatchObject([{ stringData: { token: 'canary-pgp' } }]);
  expect(await readdir(cacheDir)).toEqual(['rendered']);
});

test('of several keys the one that fits is found', async () => {
  const age = `# old\n${ageKeys.other}\n${ageKeys.identity}`;
  const files = { 'a.yaml': await encryptedSecret('a', { token: 'canary-1234' }) };
  const set = await render(files, { keys: keysWith({ age }) });
  expect(set.objects).toMatchObject([{ stringData: { token: 'canary-1234' } }]);
});

test.each([
  ['config.yaml', 'yaml', 'token: canary-1234\n'],
  ['config.json', 'json', '{\n\t"token": "canary-1234"\n}'],
  ['.dockerconfigjson', 'json', '{\n\t"auths": {}\n}'],
  ['settings.env', 'dotenv', 'TOKEN=canary-1234\n'],
  ['settings.ini', 'ini', '[main]\ntoken = canary-1234\n'],
  ['certificate', 'binary', 'canary-1234\nsecond line'],
] as const)('a value of a Secret is decrypted by its format: %s', async (name, type, text) => {
  const data = { [name]: base64(await encrypt(text, type)), plain: base64('as it is') };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data };
  const [object] = (await render({ 'a.yaml': JSON.stringify(secret) })).objects;
  const found = object?.['data'] as Record<string, string>;
  expect(found['plain']).toBe(base64('as it is'));
  expect(
    Buffer.from(found[name] ?? '', 'base64')
      .toString()
      .trim(),
  ).toBe(text.trim());
});

test('files of generators of Secrets are decrypted before the build, in bases too', async () => {
  const secretGenerator = [
    {
      name: 'made',
      files: ['token.txt=token.enc'],
      envs: ['settings.env'],
      options: { disableNameSuffixHash: true },
    },
  ];
  const { set, artifactDir } = await renderIn({
    ...kustomizationFile({ resources: ['base'] }),
    'base/kustomization.yaml': JSON.stringify({ secretGenerator }),
    'base/token.enc': await encrypt('canary-1234', 'binary'),
    'base/settings.env': await encrypt('USER=canary-5678\n', 'dotenv'),
  });
  const data = { 'token.txt': base64('canary-1234'), USER: base64('canary-5678') };
  expect(set.objects).toMatchObject([{ kind: 'Secret', data }]);
  const kept = await readFile(join(artifactDir, 'base/settings.env'), 'utf8');
  expect(kept).not.toContain('canary');
});

test('a file that is no text keeps its bytes', async () => {
  const bytes = Buffer.from([0, 255, 254, 128, 10, 13]);
  const file = await encrypt(bytes, 'binary');
  const secretGenerator = [{ name: 'made', files: ['keystore'] }];
  const data = { keystore: base64(file) };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data };
  const set = await render({
    ...kustomizationFile({ resources: ['a.yaml'], secretGenerator }),
    'a.yaml': JSON.stringify(secret),
    keystore: file,
  });
  const found = set.objects.map((object) => object['data']);
  const expected = { keystore: bytes.toString('base64') };
  expect(found).toEqual([expected, expected]);
});

test('a patch is decrypted before the build, and what it puts in is known as secret', async () => {
  const patch =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { key: canary-1234 }\n';
  const set = await render({
    ...kustomizationFile({ resources: ['a.yaml'], patches: [{ path: 'patch.yaml' }] }),
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { key: none }\n',
    'patch.yaml': await encrypt(patch, 'yaml', '^data$'),
  });
  expect(set.objects).toMatchObject([{ data: { key: 'canary-1234' } }]);
  expect(set.secrets).toContain('canary-1234');
});

test('a decrypted value is substituted in its turn', async () => {
  const files = { 'a.yaml': await encryptedSecret('a', { token: '${first}-b' }) };
  const variables = { values: { first: 'a' }, secret: [] };
  const set = await render(files, { keys: keysWith(), variables });
  expect(set.objects).toMatchObject([{ stringData: { token: 'a-b' } }]);
});

test('without decryption an encrypted object is refused, by name', async () => {
  const files = { 'a.yaml': await encryptedSecret('a', { token: 'canary-1234' }) };
  await expect(render(files, {})).rejects.toThrow(
    'Secret/a is SOPS encrypted, configuring decryption is required for this secret to be reconciled',
  );
});

test('an object that opts out is applied as it is, unless it is a Secret', async () => {
  const annotations = { 'kustomize.toolkit.fluxcd.io/decrypt': 'Disabled' };
  const withKind = (kind: string): Promise<string> =>
    encrypt(
      JSON.stringify({
        apiVersion: 'v1',
        kind,
        metadata: { name: 'a', annotations },
        data: { key: 'x' },
      }),
      'yaml',
      '^data$',
    );
  const set = await render({ 'a.yaml': await withKind('ConfigMap') });
  expect(JSON.stringify(set.objects)).toContain('ENC[AES256_GCM');
  await expect(render({ 'a.yaml': await withKind('Secret') })).rejects.toThrow('SOPS encrypted');
});

test('where no key fits, the object and the recipient are told', async () => {
  const files = { 'a.yaml': await encryptedSecret('a', { token: 'canary-1234' }) };
  const keys = keysWith({ age: ageKeys.other });
  await expect(render(files, { keys })).rejects.toThrow(
    `Secret/a: SOPS could not decrypt it: no key of spec.decryption fits; it was encrypted for ${ageKeys.recipient}`,
  );
});

test('a damaged file is named, and none of its text is told', async () => {
  const text = await encrypt('USER=canary-5678\n', 'dotenv');
  const secretGenerator = [{ name: 'made', envs: ['settings.env'] }];
  const failed = render({
    ...kustomizationFile({ secretGenerator }),
    'settings.env': text.replace(/USER=.*/, 'USER=ENC[canary-5678'),
  });
  await expect(failed).rejects.toThrow('settings.env: SOPS could not decrypt it: it is damaged');
  await expect(failed).rejects.not.toThrow('canary');
});

test('a file too large to decrypt is refused', async () => {
  const secretGenerator = [{ name: 'made', files: ['large.bin'] }];
  const files = { ...kustomizationFile({ secretGenerator }), 'large.bin': 'x'.repeat(5_242_881) };
  await expect(render(files)).rejects.toThrow('large.bin is larger than 5242880 bytes');
});

test('a failed build tells nothing that was decrypted', async () => {
  const patch =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\ndata: { key: canary-1234 }\n';
  const failed = render({
    ...kustomizationFile({ resources: ['a.yaml'], patches: [{ path: 'patch.yaml' }] }),
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n',
    'patch.yaml': await encrypt(patch, 'yaml', '^data$'),
  });
  await expect(failed).rejects.toThrow('kustomize build failed');
  await expect(failed).rejects.not.toThrow('canary');
});
