import type * as OpenPgp from 'openpgp';
import type { Verdict } from './signed-object.ts';

/**
 * Verifies an OpenPGP signature against armoured public keys. Signatures by SHA-1 or by keys that have expired or were revoked do not count.
 * Raises RangeError where none of the texts holds a key.
 */
export async function verifyPgpSignature(
  armoured: string,
  payload: Uint8Array,
  keyTexts: readonly string[],
): Promise<Verdict> {
  if (armoured.length > maxSignature) return { fault: 'its PGP signature is too long' };
  const pgp = await library();
  const keys = (await Promise.all(keyTexts.map(readPgpKeys))).flat();
  try {
    const signature = await pgp.readSignature({ armoredSignature: armoured });
    const message = await pgp.createMessage({ binary: payload });
    const verified = await pgp.verify({ message, signature, verificationKeys: keys });
    const faults: string[] = [];
    for (const { keyID, verified: proof } of verified.signatures) {
      const fault = await proof.then(() => undefined, causeOf);
      const key = keys.find((one) => one.getKeys(keyID).length > 0);
      if (key && fault === undefined) {
        await key.getSigningKey(keyID);
        return { key: idOf(key.getKeyID()) };
      }
      faults.push(
        key ? (fault ?? '') : `it was signed by the key ${idOf(keyID)}, which is not trusted`,
      );
    }
    return { fault: faults.join('; ') || 'its PGP signature is empty' };
  } catch (error) {
    return { fault: `its PGP signature does not count: ${causeOf(error)}` };
  }
}

/** Reads every armoured public key of a text. Raises RangeError where there is none, or one can not be read. */
export async function readPgpKeys(text: string): Promise<OpenPgp.PublicKey[]> {
  const { readKeys } = await library();
  const blocks =
    text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g) ??
    [];
  if (blocks.length === 0) throw new RangeError('holds no armoured PGP public key');
  try {
    const keys = await Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys })));
    return keys.flat().map((key) => key.toPublic());
  } catch {
    throw new RangeError('holds a PGP public key that can not be read');
  }
}

/** Some hundred times what a signature needs. */
const maxSignature = 65_536;

/** Loaded when it is needed first: it takes a fifth of a second. */
async function library(): Promise<typeof OpenPgp> {
  return import('openpgp');
}

function idOf(id: { toHex(): string }): string {
  return id.toHex().toUpperCase();
}

function causeOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return line.slice(0, 200);
}
