import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { trustedIdentities } from '../../../../activities/fetch/oci/verification/identities.ts';
import { trustedKeys } from '../../../../activities/fetch/oci/verification/public-keys.ts';
import type { SimpleSignature } from '../../../../activities/fetch/oci/verification/signatures.ts';
import type { IssuedCertificate } from '../../../support/authority.ts';
import { testSigstore, type TestSigstore } from '../../../support/sigstore.ts';

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
  const issuer = 'https://issuer.example.com';
  const identity = { issuer: '^https://issuer\\.example\\.com$', subject: '@example\\.com$' };
  let own: TestSigstore;
  let other: TestSigstore;
  let leaf: IssuedCertificate;

  beforeAll(async () => {
    [own, other] = await Promise.all([testSigstore(), testSigstore()]);
    leaf = await own.issue('ann@example.com', issuer);
  });

  const keyless = (by = own, certificate = leaf, change: object = {}): SimpleSignature => {
    const { signature, annotations } = by.sign(payload, certificate);
    return { form: 'simple', payload, signature, annotations: { ...annotations, ...change } };
  };
  const trust = (identities = [identity]): ReturnType<typeof trustedIdentities> =>
    trustedIdentities(secret({ 'trusted_root.json': own.root }), identities);

  test('a signature by an identity is trusted by authority, log and expressions', () => {
    trust([{ issuer: 'other', subject: 'other' }, identity])(keyless());
  });

  test('one by another identity, of another authority or log, or over something else is not', async () => {
    const distrusted = (signature: SimpleSignature, identities = [identity]) =>
      expect(() => {
        trust(identities)(signature);
      });
    const stranger = await other.issue('ann@example.com', issuer);
    distrusted(keyless(), [{ ...identity, subject: 'bob' }]).toThrow('it is by ann@example.com');
    distrusted(keyless(), [{ ...identity, issuer: 'other' }]).toThrow('it is by ann@example.com');
    distrusted(keyless(own, stranger)).toThrow();
    distrusted(keyless(other, leaf)).toThrow();
    distrusted(keyless(own, leaf, { 'dev.sigstore.cosign/bundle': undefined })).toThrow();
    distrusted({ ...keyless(), payload: Buffer.from('other') }).toThrow();
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
