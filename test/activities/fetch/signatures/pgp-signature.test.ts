import { createMessage, generateKey, sign } from 'openpgp';
import { expect, test } from 'vitest';
import { verifyPgpSignature } from '../../../../activities/fetch/signatures/pgp-signature.ts';

const payload = Buffer.from('what was signed');
const userIDs = [{ name: 'Ann' }];
const past = new Date(Date.now() - 3_600_000);

/** Signs the payload with a new key; gives the signature and the public key. */
async function signed(keyExpirationTime = 0): Promise<{ signature: string; publicKey: string }> {
  const keys = await generateKey({ userIDs, date: past, keyExpirationTime, format: 'object' });
  const signature: unknown = await sign({
    message: await createMessage({ binary: payload }),
    signingKeys: keys.privateKey,
    detached: true,
    date: new Date(past.getTime() + 1000),
  });
  return { signature: String(signature), publicKey: keys.publicKey.armor() };
}

test('a key that is trusted counts, wherever it stands in the text', async () => {
  const [own, other] = [await signed(), await signed()];
  const text = `${other.publicKey}\n${own.publicKey}`;
  expect(await verifyPgpSignature(own.signature, payload, [text])).toHaveProperty('key');
});

test('a key that has expired since does not count', async () => {
  const { signature, publicKey } = await signed(60);
  expect(await verifyPgpSignature(signature, payload, [publicKey])).toEqual({
    fault: expect.stringMatching(/expired/) as string,
  });
});

test.each([
  ['is no armour', 'no armour'],
  ['is too long', `-----BEGIN PGP SIGNATURE-----\n${'A'.repeat(70_000)}`],
  ['is empty', '-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n'],
])('a signature that %s does not count', async (_, signature) => {
  const { publicKey } = await signed();
  expect(await verifyPgpSignature(signature, payload, [publicKey])).toHaveProperty('fault');
});

test('a text without a key is refused', async () => {
  const { signature } = await signed();
  await expect(verifyPgpSignature(signature, payload, ['no key'])).rejects.toThrow(RangeError);
});
