import { z } from 'zod';
import { findManifest, listReferrers, readBlob, readManifest } from '../registry.ts';
import type { Session } from '../session.ts';

/** A signature as cosign's tag keeps it: over a small document that names the manifest. */
export interface SimpleSignature {
  readonly form: 'simple';
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** Certificate, chain and log entry of a signature without keys are here. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A bundle of Sigstore: one document with the signature, over a statement that names the manifest, and all that proves it. */
export interface BundleSignature {
  readonly form: 'bundle';
  readonly bundle: unknown;
  /** The document that was signed, and the value of the signature. */
  readonly statement: Buffer;
  readonly signature: Buffer;
}

/** A signature that speaks of the manifest that it was looked up for; whether it is a true one is for others to say. */
export type Signature = SimpleSignature | BundleSignature;

/** Returns where a signature can be trusted; raises an Error that says why it can not. */
export type Trust = (signature: Signature) => void;

/** The signatures of a manifest in the registry, one after the other; what can not be read or speaks of another manifest is left out. Raises RegistryError. */
export async function* signaturesOf(session: Session, digest: string): AsyncGenerator<Signature> {
  yield* simpleSignatures(session, digest);
  yield* bundles(session, digest);
}

/** The type of what is signed in a DSSE envelope. */
export const statementType = 'application/vnd.in-toto+json';

const maxSignatures = 100;
const maxPayload = 128 * 1024;
const maxBundle = 1024 * 1024;
const payloadType = 'application/vnd.dev.cosign.simplesigning.v1+json';
const bundleType = 'application/vnd.dev.sigstore.bundle';
const signatureKey = 'dev.cosignproject.cosign/signature';

async function* simpleSignatures(session: Session, digest: string): AsyncGenerator<Signature> {
  const tag = `${digest.replace(':', '-')}.sig`;
  const found = await findManifest(session, tag);
  for (const layer of (found?.manifest.layers ?? []).slice(0, maxSignatures)) {
    const annotations = layer.annotations ?? {};
    const text = annotations[signatureKey];
    if (layer.mediaType !== payloadType || !text) continue;
    const payload = await readBlob(session, layer, maxPayload);
    const claim = simpleSigning.safeParse(jsonOf(payload));
    if (claim.data?.critical.image['docker-manifest-digest'] !== digest) continue;
    yield { form: 'simple', payload, signature: Buffer.from(text, 'base64'), annotations };
  }
}

async function* bundles(session: Session, digest: string): AsyncGenerator<Signature> {
  const referrers = await listReferrers(session, digest);
  const found = referrers.filter(({ artifactType = '' }) => artifactType.startsWith(bundleType));
  for (const { digest: manifest } of found.slice(0, maxSignatures)) {
    const { layers } = (await readManifest(session, manifest)).manifest;
    const layer = (layers ?? []).find(({ mediaType }) => mediaType.startsWith(bundleType));
    if (!layer) continue;
    const bundle = jsonOf(await readBlob(session, layer, maxBundle));
    const envelope = envelopeIn(bundle);
    if (envelope && speaksOf(envelope.statement, digest))
      yield { form: 'bundle', bundle, ...envelope };
  }
}

const simpleSigning = z.object({
  critical: z.object({
    type: z.literal('cosign container image signature'),
    image: z.object({ 'docker-manifest-digest': z.string() }),
  }),
});

const envelope = z.object({
  dsseEnvelope: z.object({
    payload: z.string(),
    payloadType: z.literal(statementType),
    signatures: z.array(z.object({ sig: z.string() })).length(1),
  }),
});

/** A statement that the manifest was signed; others, such as of how it was built, say nothing of that. */
const statement = z.object({
  predicateType: z.literal('https://sigstore.dev/cosign/sign/v1'),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })).max(1000),
});

function envelopeIn(bundle: unknown): Pick<BundleSignature, 'statement' | 'signature'> | undefined {
  const parsed = envelope.safeParse(bundle);
  if (!parsed.success) return undefined;
  const { payload, signatures } = parsed.data.dsseEnvelope;
  return {
    statement: Buffer.from(payload, 'base64'),
    signature: Buffer.from(signatures[0]?.sig ?? '', 'base64'),
  };
}

function speaksOf(document: Buffer, digest: string): boolean {
  const parsed = statement.safeParse(jsonOf(document));
  const [algorithm = '', hex] = digest.split(':');
  return parsed.data?.subject.some((subject) => subject.digest[algorithm] === hex) ?? false;
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
