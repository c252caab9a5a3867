import { RE2JS } from 're2js';
import { X509Certificate } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier, type Signer } from '@sigstore/verify';
import { z } from 'zod';
import type { OCIRepository } from '../../../../api/index.ts';
import { digestOf } from '../manifest.ts';
import type { ReadSecret } from '../../source-secrets.ts';
import type { SimpleSignature, Trust } from './signatures.ts';

type Identity = NonNullable<
  NonNullable<OCIRepository['spec']['verify']>['matchOIDCIdentity']
>[number];

/**
 * Trusts what one of the identities signed, with a certificate of an authority of trusted_root.json and, where that has logs, an entry in a
 * log. Raises an Error where the root or an expression can not be read.
 */
export function trustedIdentities(root: ReadSecret, identities: readonly Identity[]): Trust {
  const trusted = rootOf(root);
  const logs = trusted.tlogs.length > 0 ? 1 : 0;
  const certificateLogs = trusted.ctlogs.length > 0 ? 1 : 0;
  const verifier = new Verifier(toTrustMaterial(trusted), {
    tlogThreshold: logs,
    ctlogThreshold: certificateLogs,
    timestampThreshold: 1,
  });
  const matchers = identities.map((identity) => matcherOf(identity));
  return (signature) => {
    const document = signature.form === 'simple' ? signature.payload : undefined;
    const json = signature.form === 'simple' ? bundleOf(signature) : signature.bundle;
    const signer = verifier.verify(toSignedEntity(bundleFromJSON(json), document));
    if (matchers.some((matches) => matches(signer))) return;
    const { subjectAlternativeName: subject = 'nobody', extensions } = signer.identity ?? {};
    throw new Error(`it is by ${subject} of ${extensions?.issuer ?? 'no issuer'}`);
  };
}

function rootOf({ title, values }: ReadSecret): TrustedRoot {
  const text = values.get('trusted_root.json');
  if (text === undefined) throw new Error(`${title} lacks trusted_root.json`);
  try {
    return TrustedRoot.fromJSON(JSON.parse(text));
  } catch {
    throw new Error(`trusted_root.json of ${title} is no trusted root of Sigstore`);
  }
}

/** Both have to match; the expressions of tenants run in linear time. */
function matcherOf({ issuer, subject }: Identity): (signer: Signer) => boolean {
  const [issuers, subjects] = [expression(issuer), expression(subject)];
  return ({ identity }) =>
    issuers.matcher(identity?.extensions?.issuer ?? '').find() &&
    subjects.matcher(identity?.subjectAlternativeName ?? '').find();
}

function expression(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch {
    throw new Error(`"${text}" of spec.verify.matchOIDCIdentity is no regular expression`);
  }
}

const logEntry = z.object({
  SignedEntryTimestamp: z.string(),
  Payload: z.object({
    body: z.string(),
    integratedTime: z.int(),
    logIndex: z.int(),
    logID: z.string().regex(/^[0-9a-f]+$/),
  }),
});
const logBody = z.object({ kind: z.string(), apiVersion: z.string() });

/** The annotations of cosign's tag in the form of a bundle, which is what the library reads. */
function bundleOf({ payload, signature, annotations }: SimpleSignature): unknown {
  const certificate = annotations['dev.sigstore.cosign/certificate'];
  if (!certificate) throw new Error('it has no certificate');
  const timestamp = annotations['dev.sigstore.cosign/rfc3161timestamp'];
  const entry = annotations['dev.sigstore.cosign/bundle'];
  const [, digest = ''] = digestOf(payload).split(':');
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes: derOf(certificate) }] },
      tlogEntries: entry === undefined ? [] : [entryOf(entry)],
      timestampVerificationData: {
        rfc3161Timestamps: timestamp === undefined ? [] : [timestampOf(timestamp)],
      },
    },
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: Buffer.from(digest, 'hex').toString('base64'),
      },
      signature: signature.toString('base64'),
    },
  };
}

function derOf(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}

function entryOf(text: string): object {
  const { SignedEntryTimestamp, Payload } = logEntry.parse(JSON.parse(text));
  const body: unknown = JSON.parse(Buffer.from(Payload.body, 'base64').toString('utf8'));
  const { kind, apiVersion: version } = logBody.parse(body);
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: Buffer.from(Payload.logID, 'hex').toString('base64') },
    kindVersion: { kind, version },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    canonicalizedBody: Payload.body,
  };
}

function timestampOf(text: string): object {
  const { SignedRFC3161Timestamp: signedTimestamp } = z
    .object({ SignedRFC3161Timestamp: z.string() })
    .parse(JSON.parse(text));
  return { signedTimestamp };
}
