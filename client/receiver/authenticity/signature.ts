import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from './message.ts';

/** Verifies `sha1=`, `sha256=` or `sha512=` and the hex HMAC of the body. Raises Refusal. */
export function checkSignature(signature: string, body: Buffer, token: string): void {
  if (signature === '') throw new Refusal('the signature is missing');
  const [, algorithm, hex] = /^(sha1|sha256|sha512)=([0-9a-fA-F]+)$/.exec(signature) ?? [];
  if (algorithm === undefined || hex === undefined)
    throw new Refusal('the signature has to be sha1=, sha256= or sha512= and a hex HMAC');
  checkHex(hex, body, { algorithm, token });
}

/** Verifies a hex HMAC of the body. Raises Refusal. */
export function checkHex(
  hex: string,
  body: Buffer,
  { algorithm, token }: { readonly algorithm: string; readonly token: string },
): void {
  const expected = createHmac(algorithm, token).update(body).digest();
  const given = Buffer.from(hex, 'hex');
  const same = given.length === expected.length && timingSafeEqual(given, expected);
  // Buffer.from stops at what is no hex, and tells nobody.
  if (!same || hex.length !== 2 * expected.length)
    throw new Refusal('the signature does not match the body');
}
