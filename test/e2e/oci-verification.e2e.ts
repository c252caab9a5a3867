import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Descriptor } from '../../activities/fetch/oci/manifest.ts';
import { pushBlob, pushManifest } from '../../activities/fetch/oci/push.ts';
import {
  conditionOf,
  ociRepository,
  testNamespace,
  type Row,
  type TestNamespace,
} from '../support/cluster.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { testSigstore, type SignedDocument } from '../support/sigstore.ts';

let space: TestNamespace;
let registry: TestRegistry;
const owner = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ed25519');
const mediaType = 'application/vnd.oci.image.manifest.v1+json';

beforeAll(async () => {
  registry = await startRegistry();
  space = await testNamespace();
  const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
  const stringData = { 'old.pub': pem(other.publicKey), 'owner.pub': pem(owner.publicKey) };
  await space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, stringData });
}, 900_000);

afterAll(async () => {
  await registry.close();
  await space.close();
});

/** What cosign signs of a manifest. */
function claimOf(repository: string, digest: string): Buffer {
  const critical = {
    identity: { 'docker-reference': repository },
    image: { 'docker-manifest-digest': digest },
    type: 'cosign container image signature',
  };
  return Buffer.from(JSON.stringify({ critical, optional: null }));
}

async function signByTag(repository: string, digest: string, key: KeyObject): Promise<void> {
  const payload = claimOf(repository, digest);
  const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = sign(algorithm, payload, key);
  await putBeside(repository, digest, payload, { signature, annotations: {} });
}

/** Puts a signature where cosign does: beside the manifest, under a tag that is made of its digest. */
async function putBeside(
  repository: string,
  digest: string,
  payload: Buffer,
  { signature, annotations }: SignedDocument,
): Promise<void> {
  await registry.session(repository, async (session) => {
    const layer = {
      ...(await pushBlob(session, 'application/vnd.dev.cosign.simplesigning.v1+json', payload)),
      annotations: {
        ...annotations,
        'dev.cosignproject.cosign/signature': signature.toString('base64'),
      },
    };
    const config = await pushBlob(session, 'application/x-config', Buffer.from('{}'));
    const manifest = { schemaVersion: 2, mediaType, config, layers: [layer] };
    const tag = `${digest.replace(':', '-')}.sig`;
    await pushManifest(session, tag, { mediaType, bytes: Buffer.from(JSON.stringify(manifest)) });
  });
}

/** Signs a manifest as newer versions do: by a bundle that refers to it, listed under a tag where the registry has no API for that. */
async function signByBundle(
  repository: string,
  digest: string,
  key: KeyObject,
  predicateType = 'https://sigstore.dev/cosign/sign/v1',
): Promise<void> {
  const subject = [{ digest: { sha256: digest.replace('sha256:', '') } }];
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType,
    predicate: {},
  };
  const document = Buffer.from(JSON.stringify(statement));
  const type = 'application/vnd.in-toto+json';
  const signed = `DSSEv1 ${type.length} ${type} ${document.length} ${document.toString()}`;
  const sig = sign('sha256', Buffer.from(signed), key).toString('base64');
  const artifactType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const bundle = {
    mediaType: artifactType,
    verificationMaterial: { publicKey: { hint: 'owner' }, tlogEntries: [] },
    dsseEnvelope: {
      payload: document.toString('base64'),
      payloadType: type,
      signatures: [{ sig }],
    },
  };
  await registry.session(repository, async (session) => {
    const layers = [await pushBlob(session, artifactType, Buffer.from(JSON.stringify(bundle)))];
    const config = await pushBlob(session, 'application/vnd.oci.empty.v1+json', Buffer.from('{}'));
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        artifactType,
        config,
        layers,
        subject: { mediaType, digest, size: 1 },
      }),
    );
    const descriptor: Descriptor = { ...(await pushBlob(session, mediaType, bytes)), artifactType };
    await pushManifest(session, descriptor.digest, { mediaType, bytes });
    const indexType = 'application/vnd.oci.image.index.v1+json';
    const index = { schemaVersion: 2, mediaType: indexType, manifests: [descriptor] };
    const tag = digest.replace(':', '-');
    const listed = { mediaType: indexType, bytes: Buffer.from(JSON.stringify(index)) };
    await pushManifest(session, tag, listed);
  });
}

const verify = { provider: 'cosign', secretRef: { name: 'keys' } };

function unverified(row: Row): string | undefined {
  expect(conditionOf(row, 'Ready')).toMatchObject({ status: 'False', reason: 'VerificationError' });
  expect(conditionOf(row, 'SourceVerified')).toMatchObject({
    status: 'False',
    reason: 'VerificationError',
  });
  return conditionOf(row, 'SourceVerified')?.message;
}

test('an artifact without signature is refused, and stored once it is signed', async () => {
  const digest = await registry.push('signed', { 'a.yaml': 'a' });
  await space.apply(ociRepository('signed', `${registry.host}/signed`, { verify }));
  const before = await space.untilReady('OCIRepository', 'signed', 'False');
  expect(unverified(before)).toContain('has no signature');
  expect(before.status.artifact).toBeUndefined();
  await space.untilEvent('signed', 'VerificationError');
  await signByTag('signed', digest, owner.privateKey);
  await space.signal('OCIRepository', 'signed');
  const row = await space.untilReady('OCIRepository', 'signed');
  expect(conditionOf(row, 'SourceVerified')).toMatchObject({ status: 'True', reason: 'Succeeded' });
  expect(conditionOf(row, 'SourceVerified')?.message).toContain(`latest@${digest}`);
});

test('a signature of somebody else, or of another artifact, keeps the artifact of before', async () => {
  const good = await registry.push('kept', { 'a.yaml': 'good' });
  await signByTag('kept', good, other.privateKey);
  await space.apply(ociRepository('kept', `${registry.host}/kept`, { verify }));
  const before = await space.untilReady('OCIRepository', 'kept');
  const bad = await registry.push('kept', { 'a.yaml': 'bad' });
  await signByTag('kept', bad, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  await space.signal('OCIRepository', 'kept');
  const stranger = await space.untilReady('OCIRepository', 'kept', 'False');
  expect(unverified(stranger)).toContain('none of the 2 keys of Secret');
  expect(stranger.status.artifact).toEqual(before.status.artifact);
  await space.patch('OCIRepository', 'kept', { spec: { verify: null } });
  const after = await space.untilReady('OCIRepository', 'kept');
  expect(after.status.artifact?.revision).toBe(`latest@${bad}`);
  expect(conditionOf(after, 'SourceVerified')).toBeUndefined();
});

test('a bundle that refers to the artifact counts too, but not one that tells of something else', async () => {
  const digest = await registry.push('bundled', { 'a.yaml': 'a' });
  await signByBundle('bundled', digest, owner.privateKey, 'https://slsa.dev/provenance/v1');
  await space.apply(ociRepository('bundled', `${registry.host}/bundled`, { verify }));
  const before = await space.untilReady('OCIRepository', 'bundled', 'False');
  expect(unverified(before)).toContain('has no signature');
  await signByBundle('bundled', digest, owner.privateKey);
  await space.signal('OCIRepository', 'bundled');
  await space.untilReady('OCIRepository', 'bundled');
});

test('a Secret without keys is named', async () => {
  await registry.push('keyless', { 'a.yaml': 'a' });
  const missing = { verify: { provider: 'cosign', secretRef: { name: 'no-such-keys' } } };
  await space.apply(ociRepository('keyless', `${registry.host}/keyless`, missing));
  const row = await space.untilReady('OCIRepository', 'keyless', 'False');
  expect(unverified(row)).toContain('no-such-keys is not there');
});

test('a signature without a key counts by its identity, under the authorities of the Secret alone', async () => {
  const [own, other] = await Promise.all([testSigstore(), testSigstore()]);
  const issuer = 'https://issuer.example.com';
  const stringData = { 'trusted_root.json': own.root };
  await space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'root' }, stringData });
  const digest = await registry.push('identity', { 'a.yaml': 'a' });
  const payload = claimOf('identity', digest);
  const forged = other.sign(payload, await other.issue('ann@example.com', issuer));
  await putBeside('identity', digest, payload, forged);
  const matchOIDCIdentity = [{ issuer: '^https://issuer', subject: '^ann@example[.]com$' }];
  const trustedRootSecretRef = { name: 'root' };
  const spec = { verify: { provider: 'cosign', trustedRootSecretRef, matchOIDCIdentity } };
  await space.apply(ociRepository('identity', `${registry.host}/identity`, spec));
  const row = await space.untilReady('OCIRepository', 'identity', 'False');
  expect(unverified(row)).toContain('no signature of');
  const signed = own.sign(payload, await own.issue('ann@example.com', issuer));
  await putBeside('identity', digest, payload, signed);
  await space.signal('OCIRepository', 'identity');
  await space.untilReady('OCIRepository', 'identity');
});
