import {
  createHash,
  generateKeyPairSync,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { testAuthority, type IssuedCertificate } from './authority.ts';

/** A Sigstore of one's own: an authority that certifies whoever an issuer knows, and a log of what they sign. */
export interface TestSigstore {
  /** What verifiers have to trust, as trusted_root.json. */
  readonly root: string;
  issue(email: string, issuer: string): Promise<IssuedCertificate>;
  /** Signs a document with the key of a certificate and enters that into the log; gives the signature, and the annotations that cosign puts beside it. */
  sign(payload: Buffer, certificate: IssuedCertificate): SignedDocument;
}

/** A signature, and what proves whose it is. */
export interface SignedDocument {
  readonly signature: Buffer;
  readonly annotations: Record<string, string>;
}

/** Makes an authority and a log that nobody else trusts. */
export async function testSigstore(): Promise<TestSigstore> {
  const authority = await testAuthority();
  const log = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    root: JSON.stringify(rootOf(authority.pem, log.publicKey)),
    issue: (email, issuer) => authority.issueForSigner(email, issuer),
    sign(payload, certificate) {
      const signature = sign('sha256', payload, certificate.key);
      const entry = entryFor({ payload, signature, certificate: certificate.pem }, log);
      return {
        signature,
        annotations: {
          'dev.sigstore.cosign/certificate': certificate.pem,
          'dev.sigstore.cosign/bundle': JSON.stringify(entry),
        },
      };
    },
  };
}

interface Log {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function rootOf(authority: string, logKey: KeyObject): object {
  const validFor = { start: '2020-01-01T00:00:00Z' };
  const rawBytes = derOf(logKey).toString('base64');
  const certificate = new X509Certificate(authority).raw.toString('base64');
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      {
        baseUrl: 'https://log.example.com',
        hashAlgorithm: 'SHA2_256',
        publicKey: { rawBytes, keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
        logId: { keyId: Buffer.from(idOf(logKey), 'hex').toString('base64') },
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
  { payload, signature, certificate }: { payload: Buffer; signature: Buffer; certificate: string },
  { publicKey, privateKey }: Log,
): object {
  const value = createHash('sha256').update(payload).digest('hex');
  const content = {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value } },
      signature: {
        content: signature.toString('base64'),
        publicKey: { content: Buffer.from(certificate).toString('base64') },
      },
    },
  };
  const body = Buffer.from(JSON.stringify(content)).toString('base64');
  const integratedTime = Math.floor(Date.now() / 1000);
  // The promise is over the entry in the canonical form: fields in the order of their names.
  const Payload = { body, integratedTime, logID: idOf(publicKey), logIndex: 1 };
  const promise = sign('sha256', Buffer.from(JSON.stringify(Payload)), privateKey);
  return { SignedEntryTimestamp: promise.toString('base64'), Payload };
}

function idOf(logKey: KeyObject): string {
  return createHash('sha256').update(derOf(logKey)).digest('hex');
}

function derOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}
