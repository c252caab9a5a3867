import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { ReadSecret } from '../../source-secrets.ts';
import { statementType, type Signature, type Trust } from './signatures.ts';

/** Trusts what one of the public keys of a Secret signed: the values whose names end in .pub. Raises an Error that names a key which is none. */
export function trustedKeys({ title, values }: ReadSecret): Trust {
  const keys = [...values]
    .filter(([name]) => name.endsWith('.pub'))
    .map(([name, pem]) => keyOf(`${name} of ${title}`, pem));
  if (keys.length === 0) throw new Error(`${title} has no public key: its name has to end in .pub`);
  return (signature) => {
    if (keys.some((key) => isSignedBy(key, signature))) return;
    throw new Error(`it is by none of the ${keys.length} keys of ${title}`);
  };
}

/** True where the holder of a key made the signature. */
export function isSignedBy(key: KeyObject, signed: Signature): boolean {
  const document = signed.form === 'simple' ? signed.payload : preAuthenticated(signed.statement);
  const digest = signed.form === 'simple' ? 'sha256' : digestFor(key);
  // Keys of Edwards curves sign the document itself.
  const algorithm = key.asymmetricKeyType === 'ed25519' ? null : digest;
  try {
    return verify(algorithm, document, key, signed.signature);
  } catch {
    return false;
  }
}

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
};
const minRsaBits = 2048;

function keyOf(title: string, pem: string): KeyObject {
  const key = pem.includes('PUBLIC KEY-----') ? parsed(pem) : undefined;
  if (!key) throw new Error(`${title} is no public key in the form PEM`);
  if (isKnown(key)) return key;
  const known = `ECDSA on P-256, P-384 or P-521, Ed25519, RSA of ${minRsaBits} bits or more`;
  throw new Error(`${title} is of another type than ${known}`);
}

function isKnown({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (type === 'ed25519') return true;
  if (type === 'ec') return (details?.namedCurve ?? '') in curves;
  return type === 'rsa' && (details?.modulusLength ?? 0) >= minRsaBits;
}

function parsed(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** In bundles the digest follows the strength of the key. */
function digestFor({ asymmetricKeyDetails: details }: KeyObject): string {
  return curves[details?.namedCurve ?? ''] ?? 'sha256';
}

/** What DSSE signs: type and document, each after its length. */
function preAuthenticated(document: Buffer): Buffer {
  const head = `DSSEv1 ${statementType.length} ${statementType} ${document.length} `;
  return Buffer.concat([Buffer.from(head), document]);
}
