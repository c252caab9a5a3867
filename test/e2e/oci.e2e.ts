import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { pushBlob, pushManifest } from '../../activities/fetch/oci/push.ts';
import { digestOf } from '../../activities/fetch/oci/manifest.ts';
import { artifactOf, downloadArtifact } from '../support/artifacts.ts';
import {
  conditionOf,
  kustomization,
  ociRepository,
  testNamespace,
  type Row,
  type TestNamespace,
} from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

let space: TestNamespace;
let registry: TestRegistry;

beforeAll(async () => {
  registry = await startRegistry();
  space = await testNamespace();
}, 900_000);

afterAll(async () => {
  await registry.close();
  await space.close();
});

const place = (path: string): string => `${registry.host}/${path}`;
const ready = (row: Row): ReturnType<typeof conditionOf> => conditionOf(row, 'Ready');

test('an artifact that is pushed becomes objects in the cluster, and the status tells what it was made from', async () => {
  const annotations = {
    'org.opencontainers.image.source': 'https://git.example.com/app',
    'org.opencontainers.image.revision': 'main@sha1:0123',
  };
  const files = { 'a.yaml': configMap('from-oci'), 'logo.png': 'x' };
  const digest = await registry.push('app', files, annotations);
  await space.apply(ociRepository('app', place('app')));
  const row = await space.untilReady('OCIRepository', 'app');
  const hash = digest.replace('sha256:', '');
  expect(row.status.artifact).toMatchObject({
    revision: `latest@${digest}`,
    path: `ocirepository/${space.name}/app/sha256:${hash}.tar.gz`,
    metadata: annotations,
  });
  expect(row.status['url']).toBe(row.status.artifact?.url);
  expect(ready(row)?.message).toBe(`stored artifact for digest 'latest@${digest}'`);
  expect(conditionOf(row, 'ArtifactInStorage')?.status).toBe('True');
  expect(Object.keys(await artifactOf(row))).toEqual(['a.yaml']);
  const event = await space.untilEvent('app', 'NewArtifact');
  expect(event.message).toContain("origin revision 'main@sha1:0123'");

  await space.apply(
    kustomization('app', 'app', {
      targetNamespace: space.name,
      sourceRef: { kind: 'OCIRepository', name: 'app' },
    }),
  );
  const applied = await space.untilReady('Kustomization', 'app');
  expect(applied.status.lastAppliedRevision).toBe(`latest@${digest}`);
  expect(applied.status.lastAppliedOriginRevision).toBe('main@sha1:0123');
  expect(await space.get('ConfigMap', 'from-oci')).toBeDefined();

  const next = await registry.push('app', { 'b.yaml': configMap('second') });
  await space.signal('OCIRepository', 'app');
  const after = await space.until(
    'Kustomization',
    'app',
    ({ status }) => status.lastAppliedRevision === `latest@${next}`,
  );
  expect(after.status.lastAppliedOriginRevision).toBeUndefined();
  await space.untilGone('ConfigMap', 'from-oci');
  const source = (await space.get('OCIRepository', 'app')) as Row;
  expect(source.status.artifact?.metadata).toBeUndefined();
});

test('a digest wins over a range of versions, and that over a tag', async () => {
  const digests: Record<string, string> = {};
  for (const tag of ['1.0.0', 'v1.2.0', '1.3.0-rc.1', '2.0.0', '9', 'edge']) {
    digests[tag] = await registry.push(`refs:${tag}`, { 'a.yaml': tag });
  }
  const revision = async (name: string, ref: object): Promise<string | undefined> => {
    await space.apply(ociRepository(name, place('refs'), { ref }));
    return (await space.untilReady('OCIRepository', name)).status.artifact?.revision;
  };
  const [edge, newest, candidate] = ['edge', 'v1.2.0', '1.3.0-rc.1'].map(
    (tag) => digests[tag] ?? '',
  );
  expect(await revision('refs-tag', { tag: 'edge' })).toBe(`edge@${edge}`);
  expect(await revision('refs-range', { tag: 'edge', semver: '1.x' })).toBe(`v1.2.0@${newest}`);
  expect(await revision('refs-filter', { semver: '>=1.0.0-0', semverFilter: '.*-rc.*' })).toBe(
    `1.3.0-rc.1@${candidate}`,
  );
  expect(await revision('refs-digest', { digest: edge, semver: '1.x' })).toBe(edge);
});

test('a url with a tag stalls the source, and what is not there is tried again', async () => {
  await space.apply(ociRepository('tagged', `${place('app')}:latest`));
  const tagged = await space.untilReady('OCIRepository', 'tagged', 'False');
  expect(conditionOf(tagged, 'Stalled')).toMatchObject({ status: 'True', reason: 'URLInvalid' });
  expect(ready(tagged)).toMatchObject({ reason: 'URLInvalid' });
  expect(tagged.status.observedGeneration).toBe(tagged.metadata.generation);

  await space.apply(ociRepository('later', place('later')));
  const missing = await space.untilReady('OCIRepository', 'later', 'False');
  expect(conditionOf(missing, 'FetchFailed')).toMatchObject({ reason: 'OCIArtifactPullFailed' });
  expect(conditionOf(missing, 'Reconciling')).toMatchObject({ reason: 'ProgressingWithRetry' });
  expect(ready(missing)?.message).toContain('HTTP 404');
  await registry.push('later', { 'a.yaml': 'a' });
  const found = await space.untilReady('OCIRepository', 'later');
  expect(conditionOf(found, 'FetchFailed')).toBeUndefined();

  await space.apply(ociRepository('range', place('later'), { ref: { semver: '>=1.0.0' } }));
  const none = await space.untilReady('OCIRepository', 'range', 'False');
  expect(ready(none)).toMatchObject({ reason: 'ReadOperationFailed' });
});

test('the layer is chosen by its media type, and copied as it is where the spec says so', async () => {
  await registry.push('chart', { 'Chart.yaml': 'name: x' });
  const type = 'application/vnd.cncf.flux.content.v1.tar+gzip';
  const select = (mediaType: string, operation?: string): object => ({
    layerSelector: { mediaType, ...(operation ? { operation } : {}) },
  });
  await space.apply(ociRepository('chart', place('chart'), select('application/x-other')));
  const other = await space.untilReady('OCIRepository', 'chart', 'False');
  expect(ready(other)).toMatchObject({ reason: 'OCIArtifactLayerOperationFailed' });
  expect(ready(other)?.message).toContain(type);
  await space.apply(ociRepository('chart', place('chart'), select(type)));
  const extracted = await space.untilReady('OCIRepository', 'chart');
  expect(Object.keys(await artifactOf(extracted))).toEqual(['Chart.yaml']);

  const layer = Buffer.from('not even a tar');
  await registry.session('raw', async (session) => {
    const config = await pushBlob(session, 'application/x-config', Buffer.from('{}'));
    const layers = [await pushBlob(session, 'application/x-raw', layer)];
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
    await pushManifest(session, 'latest', { mediaType, bytes });
  });
  await space.apply(ociRepository('raw', place('raw')));
  const broken = await space.untilReady('OCIRepository', 'raw', 'False');
  expect(ready(broken)).toMatchObject({ reason: 'OCIArtifactLayerOperationFailed' });
  await space.apply(ociRepository('raw', place('raw'), select('application/x-raw', 'copy')));
  const copied = await space.untilReady('OCIRepository', 'raw');
  expect(copied.status.artifact?.digest).toBe(digestOf(layer));
  expect(await downloadArtifact(copied)).toEqual(layer);
  expect(copied.status['observedLayerSelector']).toEqual({
    mediaType: 'application/x-raw',
    operation: 'copy',
  });
});

test('a changed ignore rule makes a new artifact of the same revision', async () => {
  await registry.push('ignore', { 'deploy/a.yaml': 'a', 'src/b.go': 'b' });
  await space.apply(ociRepository('ignore', place('ignore')));
  const before = await space.untilReady('OCIRepository', 'ignore');
  expect(Object.keys(await artifactOf(before))).toEqual(['deploy/a.yaml', 'src/b.go']);
  await space.apply(ociRepository('ignore', place('ignore'), { ignore: '/*\n!/deploy\n' }));
  const after = await space.untilReady('OCIRepository', 'ignore');
  expect(after.status.artifact?.revision).toBe(before.status.artifact?.revision);
  expect(Object.keys(await artifactOf(after))).toEqual(['deploy/a.yaml']);
  expect(after.status['observedIgnore']).toBe('/*\n!/deploy\n');
});

test('an unchanged registry leaves no trace, a request is answered, a suspended source stores nothing', async () => {
  await registry.push('quiet', { 'a.yaml': '1' });
  await space.apply(ociRepository('quiet', place('quiet')));
  const before = await space.untilReady('OCIRepository', 'quiet');
  await space.signal('OCIRepository', 'quiet');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const after = await space.get('OCIRepository', 'quiet');
  expect(after?.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' };
  await space.patch('OCIRepository', 'quiet', { metadata: { annotations } });
  await space.until(
    'OCIRepository',
    'quiet',
    ({ status }) => status.lastHandledReconcileAt === 'now',
  );
  await space.patch('OCIRepository', 'quiet', { spec: { suspend: true } });
  await registry.push('quiet', { 'a.yaml': '2' });
  await space.signal('OCIRepository', 'quiet');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const suspended = (await space.get('OCIRepository', 'quiet')) as Row;
  expect(suspended.status.artifact).toEqual(before.status.artifact);
  await space.patch('OCIRepository', 'quiet', { spec: { suspend: false } });
  await space.until(
    'OCIRepository',
    'quiet',
    ({ status }) => status.artifact?.digest !== before.status.artifact?.digest,
  );
});

test('an artifact that no worker holds any more is made again, and a deleted source is gone with it', async () => {
  await registry.push('lost', { 'a.yaml': '1' });
  await space.apply(ociRepository('lost', place('lost')));
  const row = await space.untilReady('OCIRepository', 'lost');
  const bytes = await downloadArtifact(row);
  const dir = join(
    inject('serviceDir'),
    'worker-cache/artifacts/ocirepository',
    space.name,
    'lost',
  );
  expect(await readdir(dir)).toHaveLength(1);
  await rm(dir, { recursive: true });
  expect(await downloadArtifact(row)).toEqual(bytes);
  await space.remove('OCIRepository', 'lost');
  await space.untilGone('OCIRepository', 'lost');
  expect((await fetch(row.status.artifact?.url ?? '')).status).toBe(404);
});

test.each([
  ['a provider of a cloud', { provider: 'aws' }, 'spec.provider'],
  ['notation', { verify: { provider: 'notation', secretRef: { name: 'x' } } }, 'notation'],
  ['signatures without keys and root', { verify: { provider: 'cosign' } }, 'trustedRootSecretRef'],
])('%s stalls the source and is named', async (what, spec, named) => {
  const name = `future-${what.length}`;
  await space.apply(ociRepository(name, place('app'), spec));
  const row = await space.untilReady('OCIRepository', name, 'False');
  expect(conditionOf(row, 'Stalled')?.message).toContain(named);
});
