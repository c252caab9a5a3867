import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findManifest, readBlob } from '../../activities/fetch/oci/registry.ts';
import { ociRepository, testNamespace, type TestNamespace } from '../support/cluster.ts';
import { commandLine, type Output } from '../support/command-line.ts';
import { directoryWith } from '../support/files.ts';
import { configMap } from '../support/manifests.ts';
import { startRegistry, user, type TestRegistry } from '../support/registry.ts';

let space: TestNamespace;
let registry: TestRegistry;
let sluice: (...args: string[]) => Promise<Output>;
let files: string;
let pulls: string;
const creds = ['--insecure-registry', '--creds', `${user.username}:${user.password}`];
const origin = ['--source', 'https://git.example.com/app', '--revision', 'main@sha1:0123'];

beforeAll(async () => {
  registry = await startRegistry({ entry: 'token' });
  space = await testNamespace();
  sluice = commandLine(space.name);
  pulls = await directoryWith({});
  files = await directoryWith({
    'a.yaml': configMap('pushed'),
    'sub/b.yaml': configMap('below'),
    'skipped.md': 'x',
    '.git/config': 'x',
  });
}, 900_000);

afterAll(async () => {
  await registry.close();
  await space.close();
  for (const each of [files, pulls]) await rm(each, { recursive: true, force: true });
});

test('what is pushed has the media types of Flux, and is pulled, tagged and listed', async () => {
  const url = `oci://${registry.host}/app:v1.0.0`;
  const push = ['push', 'artifact', url, ...creds, ...origin, '--path', files];
  const pushed = await sluice(
    ...push,
    '--ignore-paths',
    '*.md',
    '-a',
    'team=platform',
    '--reproducible',
  );
  expect(pushed).toMatchObject({ code: 0, stderr: '' });
  const digest = /sha256:[0-9a-f]{64}/.exec(pushed.stdout)?.[0] ?? '';
  await registry.session('app', async (session) => {
    const found = await findManifest(session, 'v1.0.0');
    expect(found?.digest).toBe(digest);
    expect(found?.manifest).toMatchObject({
      config: { mediaType: 'application/vnd.cncf.flux.config.v1+json' },
      layers: [{ mediaType: 'application/vnd.cncf.flux.content.v1.tar+gzip' }],
      annotations: {
        team: 'platform',
        'org.opencontainers.image.created': '1970-01-01T00:00:00Z',
        'org.opencontainers.image.source': 'https://git.example.com/app',
        'org.opencontainers.image.revision': 'main@sha1:0123',
      },
    });
    const config = found?.manifest.config;
    const text = config && (await readBlob(session, config, 10_000)).toString();
    expect(text).toMatch(/"diff_ids":\["sha256:[0-9a-f]{64}"\]/);
  });
  const again = await sluice(
    ...push,
    '--ignore-paths',
    '*.md',
    '-a',
    'team=platform',
    '--reproducible',
    '-o',
    'json',
  );
  expect(JSON.parse(again.stdout)).toMatchObject({ tag: 'v1.0.0', digest });

  const target = join(pulls, 'app');
  const pulled = await sluice('pull', 'artifact', url, ...creds, '--output', target);
  expect(pulled.stdout).toContain('2 files');
  expect(await readFile(join(target, 'sub/b.yaml'), 'utf8')).toBe(configMap('below'));

  const tagged = await sluice(
    'tag',
    'artifact',
    url,
    ...creds,
    '--tag',
    'stable',
    '--tag',
    'v1.1.0',
  );
  expect(tagged.stdout).toContain(`:stable@${digest}`);
  const range = ['--filter-semver', '>=1.1.0'];
  const listed = await sluice(
    'list',
    'artifacts',
    `oci://${registry.host}/app`,
    ...creds,
    ...range,
  );
  expect(listed.stdout).toContain('v1.1.0');
  expect(listed.stdout).toContain('main@sha1:0123');
  expect(listed.stdout).not.toContain('stable');
});

test('errors say what failed and what to do, and no password', async () => {
  const url = `oci://${registry.host}/app:v2`;
  const wrong = ['--insecure-registry', '--creds', 'ann:canary-of-the-password'];
  const refused = await sluice('push', 'artifact', url, ...wrong, ...origin, '--path', files);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('next: pass --creds');
  expect(refused.stderr).not.toContain('canary');
  const missing = await sluice('push', 'artifact', url, ...creds, ...origin, '--path', '/nowhere');
  expect(missing.stderr).toContain('--path /nowhere is not there');
  const bad = await sluice('pull', 'artifact', 'ghcr.io/app', '-o', files);
  expect(bad.stderr).toContain('is not empty');
});

test('an OCIRepository is listed, reconciled and suspended like every source', async () => {
  const url = `oci://${registry.host}/own`;
  await sluice('push', 'artifact', `${url}:latest`, ...creds, ...origin, '--path', files);
  const auth = Buffer.from(`${user.username}:${user.password}`).toString('base64');
  await space.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pull' },
    stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [registry.host]: { auth } } }) },
  });
  const secretRef = { name: 'pull' };
  await space.apply(ociRepository('own', url.slice('oci://'.length), { secretRef }));
  const row = await space.untilReady('OCIRepository', 'own');
  const listed = await sluice('get', 'sources', 'oci');
  expect(listed.stdout).toContain('ocirepository/own');
  const reconciled = await sluice('reconcile', 'source', 'oci', 'own');
  expect(reconciled).toMatchObject({ code: 0 });
  await sluice('push', 'artifact', `${url}:latest`, ...creds, ...origin, '--path', files);
  await sluice('reconcile', 'oci', 'own');
  const after = await space.get('OCIRepository', 'own');
  expect(after?.['status']).not.toEqual(row.status);
  const suspended = await sluice('suspend', 'source', 'oci', 'own');
  expect(suspended.stdout).toContain('suspended');
  const resumed = await sluice('resume', 'source', 'oci', 'own');
  expect(resumed.stdout).toContain('resumed');
});
