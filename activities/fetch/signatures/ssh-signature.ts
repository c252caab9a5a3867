import { createHash, createPublicKey, timingSafeEqual, verify, type JsonWebKey } from 'node:crypto';
import type { Verdict } from './signed-object.ts';
import { readWire, type Wire } from './ssh-wire.ts';

/** A trusted key in the encoding of SSH, and its fingerprint. */
export interface SshKey {
  readonly blob: Buffer;
  readonly fingerprint: string;
}

/**
 * Reads public keys in the format of authorized_keys, one a line. Raises RangeError, naming the line, for a key that can not be used; options
 * are refused, since whoever wrote them expects them to be obeyed.
 */
export function readAuthorizedKeys(text: string): SshKey[] {
  return text.split('\n').flatMap((line, index) => {
    const [type = '', encoded = ''] = line.trim().split(/\s+/);
    if (type === '' || type.startsWith('#')) return [];
    if (!schemes.has(type)) {
      throw new RangeError(`line ${index + 1} begins with no type of key that can be used`);
    }
    const blob = Buffer.from(encoded, 'base64');
    try {
      readKey(blob);
    } catch {
      throw new RangeError(`line ${index + 1} holds no valid ${type} key`);
    }
    return [{ blob, fingerprint: fingerprintOf(blob) }];
  });
}

/** Verifies a signature that git made with an SSH key, against the keys that are trusted. */
export function verifySshSignature(
  armoured: string,
  payload: Uint8Array,
  trusted: readonly SshKey[],
): Verdict {
  try {
    return judge(readSignature(armoured), payload, trusted);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return { fault: `its SSH signature can not be read: ${cause}` };
  }
}

interface SshSignature {
  readonly key: Buffer;
  readonly namespace: string;
  readonly reserved: Buffer;
  readonly hash: string;
  readonly signature: Wire;
}

/** What a type of key signs with: its signature algorithms, each with the digest that Node knows it by. */
interface Scheme {
  readonly algorithms: ReadonlyMap<string, string | null>;
  readonly jwk: (wire: Wire) => JsonWebKey;
  /** Bytes of one coordinate, for curves. */
  readonly width?: number;
  /** A key in hardware signs what its device adds, too. */
  readonly hardware?: boolean;
}

const ed25519 = (wire: Wire): JsonWebKey => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x: wire.bytes().toString('base64url'),
});

const curve =
  (crv: string, width: number) =>
  (wire: Wire): JsonWebKey => {
    wire.bytes();
    const point = wire.bytes();
    if (point.length !== 1 + 2 * width || point[0] !== 4) throw new RangeError('no point');
    const [x, y] = [point.subarray(1, 1 + width), point.subarray(1 + width)];
    return { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
  };

const rsa = (wire: Wire): JsonWebKey => {
  const [e, n] = [wire.positive(), wire.positive()];
  if (n.length * 8 < minRsaBits) throw new RangeError(`shorter than ${minRsaBits} bits`);
  return { kty: 'RSA', e: e.toString('base64url'), n: n.toString('base64url') };
};

const minRsaBits = 2048;

/** The types of keys that count. RSA with SHA-1 is not among them, nor is DSA. */
const schemes: ReadonlyMap<string, Scheme> = new Map([
  ['ssh-ed25519', { algorithms: new Map([['ssh-ed25519', null]]), jwk: ed25519 }],
  [
    'ssh-rsa',
    {
      algorithms: new Map([
        ['rsa-sha2-256', 'sha256'],
        ['rsa-sha2-512', 'sha512'],
      ]),
      jwk: rsa,
    },
  ],
  ecdsa('ecdsa-sha2-nistp256', { crv: 'P-256', width: 32, digest: 'sha256' }),
  ecdsa('ecdsa-sha2-nistp384', { crv: 'P-384', width: 48, digest: 'sha384' }),
  ecdsa('ecdsa-sha2-nistp521', { crv: 'P-521', width: 66, digest: 'sha512' }),
  hardware('sk-ssh-ed25519@openssh.com', {
    algorithms: new Map([['sk-ssh-ed25519@openssh.com', null]]),
    jwk: ed25519,
  }),
  hardware(
    ...ecdsa('sk-ecdsa-sha2-nistp256@openssh.com', { crv: 'P-256', width: 32, digest: 'sha256' }),
  ),
]);

function ecdsa(
  type: string,
  { crv, width, digest }: { crv: string; width: number; digest: string },
): [string, Scheme] {
  return [type, { algorithms: new Map([[type, digest]]), jwk: curve(crv, width), width }];
}

function hardware(type: string, scheme: Scheme): [string, Scheme] {
  return [type, { ...scheme, hardware: true }];
}

function readSignature(armoured: string): SshSignature {
  const [, encoded] =
    /^-----BEGIN SSH SIGNATURE-----\s([\s\S]{1,16384})-----END SSH SIGNATURE-----\s*$/.exec(
      armoured,
    ) ?? [];
  if (encoded === undefined) throw new RangeError('its armour is not complete, or too long');
  const wire = readWire(Buffer.from(encoded, 'base64'));
  if (wire.take(6).toString('latin1') !== 'SSHSIG' || wire.uint32() !== 1) {
    throw new RangeError('it is none of version 1');
  }
  const [key, namespace, reserved, hash] = [wire.bytes(), wire.text(), wire.bytes(), wire.text()];
  const signature = readWire(wire.bytes());
  wire.end();
  return { key, namespace, reserved, hash, signature };
}

function judge(
  { key, namespace, reserved, hash, signature }: SshSignature,
  payload: Uint8Array,
  trusted: readonly SshKey[],
): Verdict {
  const found = trusted.find(
    ({ blob }) => blob.length === key.length && timingSafeEqual(blob, key),
  );
  if (!found) return { fault: `it was signed by ${fingerprintOf(key)}, which is not trusted` };
  if (namespace !== 'git') return { fault: `its signature was made for "${namespace}", not git` };
  if (hash !== 'sha256' && hash !== 'sha512') return { fault: `its signature hashes by ${hash}` };
  const digest = createHash(hash).update(payload).digest();
  const signed = Buffer.concat([
    Buffer.from('SSHSIG'),
    ...[Buffer.from(namespace), reserved, Buffer.from(hash), digest].map(prefixed),
  ]);
  const algorithm = signature.text();
  return isSigned(key, algorithm, signature, signed)
    ? { key: found.fingerprint }
    : { fault: `its ${algorithm} signature does not fit its content` };
}

function isSigned(key: Buffer, algorithm: string, signature: Wire, signed: Buffer): boolean {
  const { scheme, jwk, application } = readKey(key);
  const digest = scheme.algorithms.get(algorithm);
  if (digest === undefined) return false;
  const made = signature.bytes();
  const message = scheme.hardware
    ? Buffer.concat([sha256(application), signature.take(5), sha256(signed)])
    : signed;
  signature.end();
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const { width } = scheme;
  if (width === undefined) return verify(digest, message, publicKey, made);
  const encoded = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  return verify(digest, message, encoded, coordinates(made, width));
}

function readKey(blob: Buffer): { scheme: Scheme; jwk: JsonWebKey; application: Buffer } {
  const wire = readWire(blob);
  const scheme = schemes.get(wire.text());
  if (!scheme) throw new RangeError('the type of the key is not supported');
  const jwk = scheme.jwk(wire);
  const application = scheme.hardware ? wire.bytes() : Buffer.alloc(0);
  wire.end();
  return { scheme, jwk, application };
}

/** Both numbers of an ECDSA signature at the width of the curve. */
function coordinates(made: Buffer, width: number): Buffer {
  const wire = readWire(made);
  const numbers = [wire.positive(), wire.positive()].map((number) => {
    if (number.length > width) throw new RangeError('a number is too long for its curve');
    return Buffer.concat([Buffer.alloc(width - number.length), number]);
  });
  wire.end();
  return Buffer.concat(numbers);
}

function prefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function fingerprintOf(blob: Buffer): string {
  return `SHA256:${sha256(blob).toString('base64').replace(/=+$/, '')}`;
}
