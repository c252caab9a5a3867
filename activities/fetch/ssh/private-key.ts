import { createPrivateKey, type KeyObject } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';

/** A private key, and the form in which a client takes it. */
export interface PrivateKey {
  readonly key: ParsedKey;
  readonly pem: string;
  readonly passphrase?: string;
}

/**
 * Reads a private key in the format of OpenSSH, PKCS#1, SEC 1 or PKCS#8. Raises an Error that tells what is wrong in words of ours, since
 * texts of a parser could quote the key.
 */
export function readPrivateKey(text: string, passphrase: string | undefined): PrivateKey {
  const written = `${text.replaceAll('\r\n', '\n').trim()}\n`;
  const isPkcs8 = /^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(written);
  const pem = isPkcs8 ? fromPkcs8(written, passphrase) : written;
  const parsed = ssh2.utils.parseKey(pem, isPkcs8 ? undefined : passphrase);
  const key: ParsedKey | Error = parsed;
  if (key instanceof Error) throw faultOf(key, passphrase);
  if (!key.isPrivateKey()) throw new Error('is a public key: put the private one there');
  if (key.type === 'ssh-dss') throw new Error('is a DSA key, which servers no longer accept');
  return { key, pem, ...(isPkcs8 || passphrase === undefined ? {} : { passphrase }) };
}

function faultOf(error: Error, passphrase: string | undefined): Error {
  const encrypted = /passphrase|encrypted|decrypt|integrity/i.test(error.message);
  if (!encrypted) return new Error('is no private key in the format of OpenSSH or PEM');
  return new Error(
    passphrase === undefined
      ? 'is encrypted: put its passphrase under the key password'
      : 'can not be decrypted with the passphrase under the key password',
  );
}

function fromPkcs8(pem: string, passphrase: string | undefined): string {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    const encrypted = pem.startsWith('-----BEGIN ENCRYPTED');
    throw faultOf(new Error(encrypted ? 'encrypted' : 'no key'), passphrase);
  }
  if (key.asymmetricKeyType === 'rsa') return pemOf(key, 'pkcs1');
  if (key.asymmetricKeyType === 'ec') return pemOf(key, 'sec1');
  if (key.asymmetricKeyType === 'ed25519') return openSshPem(key);
  throw new Error('is a key of a type that SSH does not know');
}

function pemOf(key: KeyObject, type: 'pkcs1' | 'sec1'): string {
  return key.export({ type, format: 'pem' }).toString();
}

/** Ed25519 keys have no other format that the library reads; see PROTOCOL.key of OpenSSH. */
function openSshPem(key: KeyObject): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const [publicPart, secret] = [Buffer.from(x, 'base64url'), Buffer.from(d, 'base64url')];
  const type = field('ssh-ed25519');
  const check = Buffer.alloc(8);
  const fields = [check, type, field(publicPart), field(Buffer.concat([secret, publicPart]))];
  const section = Buffer.concat([...fields, field('')]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (section.length % 8)) % 8));
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[field('none'), field('none'), field('')],
    Buffer.from([0, 0, 0, 1]),
    field(Buffer.concat([type, field(publicPart)])),
    field(Buffer.concat([section, padding])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  const title = 'OPENSSH PRIVATE KEY';
  return [`-----BEGIN ${title}-----`, ...lines, `-----END ${title}-----`, ''].join('\n');
}

/** A length of four bytes and the bytes. */
function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
