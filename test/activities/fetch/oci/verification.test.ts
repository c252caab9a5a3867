import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { trustedIdentities } from '../../../../activities/fetch/oci/verification/identities.ts';
import { trustedKeys } from '../../../../activities/fetch/oci/verification/public-keys.ts';
import type { SimpleSignature } from '../../../../activities/fetch/oci/verification/signatures.ts';
import { testAuthority, type IssuedCertificate } from '../../../support/authority.ts';

const payload = Buffer.from('{"critical":{}}');

function secret(values: Record<string, string>): Parameters<typeof trustedKeys>[0] {
  return { title: 'Secret/a/keys', values: new Map(Object.entries(values)) };
}

const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

function signed(key: KeyObject, digest: string | null = 'sha256'): SimpleSignature {
  return { form: 'simple', payload, signature: sign(digest, payload, key), annotations: {} };
}

describe('keys', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed = generateKeyPairSync('ed25519');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });

  test.each([
    ['ECDSA', ec, 'sha256'],
    ['Ed25519', ed, null],
    ['RSA', rsa, 'sha256'],
  ])(
    'a signature by %s is trusted by its key, and by no other',
    (_, { publicKey, privateKey }, digest) => {
      const signature = signed(privateKey, digest);
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const both = secret({ 'other.pub': pem(other.publicKey), 'own.pub': pem(publicKey) });
      trustedKeys(both)(signature);
      expect(() => {
        trustedKeys(secret({ 'other.pub': pem(other.publicKey) }))(signature);
      }).toThrow('none of the 1 keys');
      const changed = { ...signature, payload: Buffer.from('{"critical": {}}') };
      expect(() => {
        trustedKeys(both)(changed);
      }).toThrow('none of the 2 keys');
    },
  );

  test.each([
    ['no name that ends in .pub', { 'cosign.key': pem(ec.publicKey) }, 'no public key'],
    ['a text', { 'a.pub': 'text' }, 'a.pub of Secret/a/keys is no public key'],
    [
      'a private key',
      { 'a.pub': ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
      'is no public key',
    ],
    ['a weak key', { 'a.pub': pem(weak.publicKey) }, '2048 bits'],
  ])('a Secret with %s is an error', (_, values, fault) => {
    expect(() => trustedKeys(secret(values))).toThrow(fault);
  });
});

describe('identities', () => {
  const log = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const logId = createHash('sha256')
    .update(log.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  let root: string;
  let leaf: IssuedCertificate;
  let stranger: IssuedCertificate;

  beforeAll(async () => {
    const authority = await testAuthority();
    root = JSON.stringify(rootWith(authority.pem, log.publicKey, logId));
    const [email, issuer] = ['ann@example.com', 'https://issuer.example.com'] as const;
    leaf = await authority.issueForSigner(email, issuer);
    stranger = await (await testAuthority()).issueForSigner(email, issuer);
  });

  const identity = { issuer: '^https://issuer\\.example\\.com$', subject: '@example\\.com$' };
  const keyless = (certificate: IssuedCertificate, change: object = {}): SimpleSignature => {
    const signature = sign('sha256', payload, certificate.key);
    const annotations = {
      'dev.sigstore.cosign/certificate': certificate.pem,
      'dev.sigstore.cosign/bundle': JSON.stringify(
        entryFor(signature, certificate.pem, { key: log.privateKey, logId }),
      ),
      ...change,
    };
    return { form: 'simple', payload, signature, annotations };
  };
  const trust = (identities = [identity]): ReturnType<typeof trustedIdentities> =>
    trustedIdentities(secret({ 'trusted_root.json': root }), identities);

  test('a signature by an identity is trusted by authority, log and expressions', () => {
    trust([{ issuer: 'other', subject: 'other' }, identity])(keyless(leaf));
  });

  test('one by another identity, of another authority, without log, or over something else is not', () => {
    const distrusted = (signature: SimpleSignature, identities = [identity]) =>
      expect(() => {
        trust(identities)(signature);
      });
    distrusted(keyless(leaf), [{ ...identity, subject: 'bob' }]).toThrow(
      'it is by ann@example.com',
    );
    distrusted(keyless(leaf), [{ ...identity, issuer: 'other' }]).toThrow(
      'it is by ann@example.com',
    );
    distrusted(keyless(stranger)).toThrow();
    distrusted(keyless(leaf, { 'dev.sigstore.cosign/bundle': undefined })).toThrow();
    distrusted({ ...keyless(leaf), payload: Buffer.from('other') }).toThrow();
    const forged = entryFor(keyless(leaf).signature, leaf.pem, {
      key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      logId,
    });
    distrusted(keyless(leaf, { 'dev.sigstore.cosign/bundle': JSON.stringify(forged) })).toThrow();
    distrusted({ form: 'simple', payload, signature: Buffer.alloc(1), annotations: {} }).toThrow(
      'it has no certificate',
    );
  });

  test('a root or an expression that can not be read is an error', () => {
    expect(() => trustedIdentities(secret({}), [identity])).toThrow('lacks trusted_root.json');
    expect(() => trustedIdentities(secret({ 'trusted_root.json': '{' }), [identity])).toThrow(
      'is no trusted root',
    );
    expect(() => trust([{ issuer: '(', subject: '' }])).toThrow('is no regular expression');
  });
});

function rootWith(authority: string, logKey: KeyObject, logId: string): object {
  const validFor = { start: '2020-01-01T00:00:00Z' };
  const rawBytes = logKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const certificate = new X509Certificate(authority).raw.toString('base64');
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      {
        baseUrl: 'https://log.example.com',
        hashAlgorithm: 'SHA2_256',
        publicKey: { rawBytes, keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
        logId: { keyId: Buffer.from(logId, 'hex').toString('base64') },
      },
    ],
    certificateAuthorities: [
      {
        subject: { organization: 'test', commonName: 'test' },
        uri: 'https://ca.example.com',
        certChain: { certificates: [{ rawBytes: certificate }] },
        validFor,
      },
    ],
    ctlogs: [],
    timestampAuthorities: [],
  };
}

/** An entry as the log of cosign's signatures writes it, with the log's promise. */
function entryFor(
  signature: Buffer,
  certificate: string,
  { key, logId }: { key: KeyObject; logId: string },
): object {
  const body = Buffer.from(
    JSON.stringify({
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: {
          hash: { algorithm: 'sha256', value: createHash('sha256').update(payload).digest('hex') },
        },
        signature: {
          content: signature.toString('base64'),
          publicKey: { content: Buffer.from(certificate).toString('base64') },
        },
      },
    }),
  ).toString('base64');
  // The promise is over the entry in the canonical form: fields in the order of their names.
  const Payload = {
    body,
    integratedTime: Math.floor(Date.now() / 1000),
    logID: logId,
    logIndex: 1,
  };
  const promise = sign(
    'sha256',
    Buffer.from(JSON.stringify(Payload)),
    createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' })),
  );
  return { SignedEntryTimestamp: promise.toString('base64'), Payload };
}
