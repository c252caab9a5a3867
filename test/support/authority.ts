// The certificate library needs this polyfill before it is loaded.
import 'reflect-metadata';
import { createPrivateKey, webcrypto, type KeyObject } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A private authority for tests, and what it certifies. */
export interface TestAuthority {
  /** Its certificate as PEM. */
  readonly pem: string;
  /** A certificate for a client of a server. */
  issueForClient(): Promise<IssuedCertificate>;
  /** A certificate as Sigstore gives it to somebody whom an issuer of identities knows. */
  issueForSigner(email: string, issuer: string): Promise<IssuedCertificate>;
}

/** A certificate as PEM, and its private key. */
export interface IssuedCertificate {
  readonly pem: string;
  readonly keyPem: string;
  readonly key: KeyObject;
}

/** Makes an authority whose certificates hold from an hour ago for a day. */
export async function testAuthority(): Promise<TestAuthority> {
  const notBefore = new Date(Date.now() - 3_600_000);
  const notAfter = new Date(Date.now() + 86_400_000);
  const caKeys = await newKeys();
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test-authority',
    keys: caKeys,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const issue = async (
    usage: string,
    extensions: readonly Extension[] = [],
  ): Promise<IssuedCertificate> => {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      subject: 'CN=test',
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      notBefore,
      notAfter,
      signingAlgorithm: algorithm,
      extensions: [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([usage]),
        ...extensions,
      ],
    });
    const exported = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    const keyPem = PemConverter.encode(exported, 'PRIVATE KEY');
    return { pem: certificate.toString('pem'), keyPem, key: createPrivateKey(keyPem) };
  };
  return {
    pem: ca.toString('pem'),
    issueForClient: () => issue(ExtendedKeyUsage.clientAuth),
    issueForSigner: (email, issuer) =>
      issue(ExtendedKeyUsage.codeSigning, [
        new SubjectAlternativeNameExtension([{ type: 'email', value: email }], true),
        new Extension(issuerExtension, false, Buffer.from(issuer)),
      ]),
  };
}

/** Where Sigstore's certificates name the issuer of the identity. */
const issuerExtension = '1.3.6.1.4.1.57264.1.1';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}
