import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverSideApply } from '../../activities/cluster/server-side-apply.ts';
import {
  conditionOf,
  kustomization,
  testNamespace,
  type TestNamespace,
} from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';

let space: TestNamespace;
let server: Server;
let base = '';
/** What the other producer serves, by path; a number is an answer without end of so many bytes. */
const served = new Map<string, Buffer | number>();

beforeAll(async () => {
  space = await testNamespace();
  server = createServer((request, response) => {
    const found = served.get(request.url ?? '');
    if (found === undefined) response.writeHead(404).end();
    else if (typeof found === 'number') zeros(found).pipe(response);
    else response.end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  await installBucket();
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await space.close();
});

/** Sluice has no Bucket of its own; a cluster that Flux was on has. */
async function installBucket(): Promise<void> {
  const [group, plural] = ['source.toolkit.fluxcd.io', 'buckets'];
  const schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
  const version = { name: 'v1', served: true, storage: true, schema, subresources: { status: {} } };
  await serverSideApply(
    space.cluster,
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Bucket', plural, singular: 'bucket' },
        versions: [version],
      },
    },
    { manager: 'flux' },
  );
  const path = `/apis/${group}/v1/namespaces/${space.name}/${plural}`;
  for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
    const answer = await space.cluster.request({ method: 'GET', path }).catch(() => undefined);
    if (answer) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  space.cluster.discovery.forget();
}

function zeros(bytes: number): Readable {
  let left = bytes;
  return new Readable({
    read() {
      const size = Math.min(left, 1024 * 1024);
      left -= size;
      this.push(size === 0 ? null : Buffer.alloc(size));
    },
  });
}

async function archive(
  entries: readonly Parameters<ReturnType<typeof pack>['entry']>[0][],
  text: string,
): Promise<Buffer> {
  const tar = pack();
  for (const headers of entries) tar.entry(headers, headers.type === 'symlink' ? '' : text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar.pipe(createGzip())) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function offer(
  kind: string,
  name: string,
  artifact: { digest: string; revision?: string; url?: string; metadata?: Record<string, string> },
): Promise<void> {
  const apiVersion = 'source.toolkit.fluxcd.io/v1';
  const spec =
    kind === 'OCIRepository'
      ? { spec: { url: `oci://x/${name}`, interval: '1h', suspend: true } }
      : {};
  await space.apply({ apiVersion, kind, metadata: { name }, ...spec });
  const lastUpdateTime = new Date().toISOString();
  const revision = artifact.revision ?? `v1@${artifact.digest}`;
  const made = { path: 'x', url: `${base}/${name}`, lastUpdateTime, ...artifact, revision };
  await space.patchStatus(kind, name, { artifact: made });
}

function follow(kind: string, name: string): Promise<unknown> {
  const sourceRef = { kind, name };
  return space.apply(
    kustomization(name, name, { targetNamespace: space.name, sourceRef, retryInterval: '2s' }),
  );
}

test.each(['ExternalArtifact', 'Bucket', 'OCIRepository'])(
  'the artifact of a %s is applied, whoever made it, and a new one at once',
  async (kind) => {
    const name = `of-${kind.toLowerCase()}`;
    const first = await archive([{ name: './a.yaml' }], configMap(`${name}-a`));
    served.set(`/${name}`, first);
    const metadata = { 'org.opencontainers.image.revision': 'main@sha1:abc' };
    await offer(kind, name, { digest: digestOf(first), metadata });
    await follow(kind, name);
    const row = await space.untilReady('Kustomization', name, 'True', 90_000);
    expect(row.status.lastAppliedRevision).toBe(`v1@${digestOf(first)}`);
    expect(row.status.lastAppliedOriginRevision).toBe('main@sha1:abc');
    const second = await archive([{ name: 'b.yaml' }], configMap(`${name}-b`));
    served.set(`/${name}`, second);
    await offer(kind, name, { digest: digestOf(second), revision: 'v2' });
    await space.until('ConfigMap', `${name}-b`, () => true);
    await space.untilGone('ConfigMap', `${name}-a`);
  },
);

const nothing = `sha256:${'0'.repeat(64)}`;
const link = { name: 'link', type: 'symlink', linkname: '/etc/passwd' } as const;

test.each([
  {
    what: 'whose bytes are not those of the digest',
    name: 'mismatch',
    bad: () => Promise.resolve(Buffer.from('other')),
    digest: nothing,
    fault: 'not the one of the source',
  },
  {
    what: 'that is no archive',
    name: 'garbage',
    bad: () => Promise.resolve(Buffer.from('garbage')),
    fault: 'no valid tar.gz',
  },
  {
    what: 'that is larger than what is read',
    name: 'huge',
    bad: () => Promise.resolve(600 * 1024 * 1024),
    digest: nothing,
    fault: 'larger than',
  },
  {
    what: 'that leaves its directory',
    name: 'traversal',
    bad: () => archive([{ name: '../escaped.yaml' }], configMap('escaped')),
    fault: 'leaves it',
  },
  {
    what: 'with a link',
    name: 'link',
    bad: () => archive([link], ''),
    fault: 'only files may be in it',
  },
])('an artifact $what is refused, and the next good one is applied', async (row) => {
  const { name, fault } = row;
  const bad = await row.bad();
  served.set(`/${name}`, bad);
  const digest = row.digest ?? (Buffer.isBuffer(bad) ? digestOf(bad) : nothing);
  await offer('ExternalArtifact', name, { digest });
  await follow('ExternalArtifact', name);
  const refused = await space.untilReady('Kustomization', name, 'False');
  expect(conditionOf(refused, 'Ready')).toMatchObject({ reason: 'ArtifactFailed' });
  expect(conditionOf(refused, 'Ready')?.message).toContain(fault);
  const next = await archive([{ name: 'a.yaml' }], configMap(`${name}-good`));
  served.set(`/${name}`, next);
  await offer('ExternalArtifact', name, { digest: digestOf(next), revision: 'v2' });
  await space.until('ConfigMap', `${name}-good`, () => true);
});

test('an artifact that is gone is not waited for where its source has a newer one', async () => {
  const name = 'overtaken';
  await offer('ExternalArtifact', name, { digest: nothing });
  await follow('ExternalArtifact', name);
  await space.until('Kustomization', name, (row) =>
    (conditionOf(row, 'Reconciling')?.message ?? '').includes('Fetching manifests'),
  );
  const next = await archive([{ name: 'a.yaml' }], configMap(name));
  served.set(`/${name}-new`, next);
  const url = `${base}/${name}-new`;
  await offer('ExternalArtifact', name, { digest: digestOf(next), revision: 'v2', url });
  const row = await space.untilReady('Kustomization', name);
  expect(row.status.lastAppliedRevision).toBe('v2');
  const events = await space.events(name);
  expect(events.filter(({ reason }) => reason === 'ArtifactFailed')).toEqual([]);
});

test('after a good artifact a bad one fails the pass, and the next good one is applied', async () => {
  const name = 'turning';
  const first = await archive([{ name: 'a.yaml' }], configMap(`${name}-a`));
  served.set(`/${name}`, first);
  await offer('ExternalArtifact', name, { digest: digestOf(first) });
  await follow('ExternalArtifact', name);
  await space.untilReady('Kustomization', name);
  // What a good pass was built from is known, so that the new artifact is compared with it before there is a pass.
  await offer('ExternalArtifact', name, { digest: nothing, revision: 'v2' });
  const refused = await space.untilReady('Kustomization', name, 'False');
  expect(conditionOf(refused, 'Ready')).toMatchObject({ reason: 'ArtifactFailed' });
  const next = await archive([{ name: 'b.yaml' }], configMap(`${name}-b`));
  served.set(`/${name}`, next);
  await offer('ExternalArtifact', name, { digest: digestOf(next), revision: 'v3' });
  await space.until('ConfigMap', `${name}-b`, () => true);
  const query = `SluiceNamespace="${space.name}" AND SluiceName="${name}"`;
  const failed = await space.temporal.workflow.count(`${query} AND ExecutionStatus="Failed"`);
  expect(failed.count).toBe(0);
});

test('an ExternalArtifact that has no artifact yet is waited for', async () => {
  await space.apply({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'ExternalArtifact',
    metadata: { name: 'empty' },
  });
  await follow('ExternalArtifact', 'empty');
  const row = await space.untilReady('Kustomization', 'empty', 'False');
  expect(conditionOf(row, 'Ready')?.message).toContain('has no artifact yet');
  const bytes = await archive([{ name: 'a.yaml' }], configMap('no-longer-empty'));
  served.set('/empty', bytes);
  await offer('ExternalArtifact', 'empty', { digest: digestOf(bytes) });
  await space.untilReady('Kustomization', 'empty');
});
