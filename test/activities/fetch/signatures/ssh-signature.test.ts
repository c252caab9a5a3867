import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  readAuthorizedKeys,
  verifySshSignature,
} from '../../../../activities/fetch/signatures/ssh-signature.ts';

const payload = Buffer.from('what was signed');

function packed(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.from(part).length);
      return [length, Buffer.from(part)];
    }),
  );
}

function number(text = ''): Buffer {
  return Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')]);
}

const { privateKey: edKey, publicKey: edPublic } = generateKeyPairSync('ed25519');
const { privateKey: rsaKey, publicKey: rsaPublic } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
});
const { publicKey: shortPublic } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ed = packed(
  'ssh-ed25519',
  Buffer.from(edPublic.export({ format: 'jwk' }).x ?? '', 'base64url'),
);

function rsaBlob(key: KeyObject): Buffer {
  const { e, n } = key.export({ format: 'jwk' });
  return packed('ssh-rsa', number(e), number(n));
}

const hardwareBlob = packed(
  'sk-ssh-ed25519@openssh.com',
  Buffer.from(edPublic.export({ format: 'jwk' }).x ?? '', 'base64url'),
  'ssh:',
);

const digests = new Map([
  ['ssh-rsa', 'sha1'],
  ['rsa-sha2-256', 'sha256'],
]);

interface Made {
  readonly namespace?: string;
  readonly hash?: string;
  readonly version?: number;
  readonly rest?: Buffer;
  readonly algorithm?: string;
  readonly key?: Buffer;
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

/** A signature as ssh-keygen writes it, with whatever is wrong about it. */
function armoured({
  namespace = 'git',
  hash = 'sha512',
  version = 1,
  rest,
  algorithm = 'ssh-ed25519',
  key = ed,
}: Made): string {
  const digest = createHash(hash).update(payload).digest();
  const signed = Buffer.concat([Buffer.from('SSHSIG'), packed(namespace, '', hash, digest)]);
  const rsaDigest = digests.get(algorithm);
  const device = Buffer.from([1, 0, 0, 0, 7]);
  const isHardware = algorithm.startsWith('sk-');
  const message = isHardware
    ? Buffer.concat([sha256(Buffer.from('ssh:')), device, sha256(signed)])
    : signed;
  const made = rsaDigest ? sign(rsaDigest, message, rsaKey) : sign(null, message, edKey);
  const number = Buffer.alloc(4);
  number.writeUInt32BE(version);
  const signature = Buffer.concat([
    packed(algorithm, made),
    isHardware ? device : Buffer.alloc(0),
    rest ?? Buffer.alloc(0),
  ]);
  const blob = Buffer.concat([
    Buffer.from('SSHSIG'),
    number,
    packed(key, namespace, '', hash, signature),
  ]);
  return `-----BEGIN SSH SIGNATURE-----\n${blob.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
}

const trusted = [ed, rsaBlob(rsaPublic), hardwareBlob].map((blob) => ({
  blob,
  fingerprint: blob.toString('hex').slice(0, 8),
}));

test.each<[string, Made]>([
  ['ed25519', {}],
  ['ed25519 over sha256', { hash: 'sha256' }],
  ['rsa-sha2-256', { algorithm: 'rsa-sha2-256', key: rsaBlob(rsaPublic) }],
  ['a key in hardware', { algorithm: 'sk-ssh-ed25519@openssh.com', key: hardwareBlob }],
])('%s counts', (_, made) => {
  expect(verifySshSignature(armoured(made), payload, trusted)).toHaveProperty('key');
});

test.each<[string, Made, string]>([
  ['another purpose', { namespace: 'file' }, 'made for "file"'],
  [
    'RSA with SHA-1',
    { algorithm: 'ssh-rsa', key: rsaBlob(rsaPublic) },
    'ssh-rsa signature does not fit',
  ],
  ['a hash by SHA-1', { hash: 'sha1' }, 'hashes by sha1'],
  ['another version', { version: 2 }, 'none of version 1'],
  ['bytes after the signature', { rest: Buffer.from('x') }, 'bytes are left'],
  ['the algorithm of another key', { algorithm: 'rsa-sha2-256' }, 'does not fit'],
  ['an algorithm with a name of every object', { algorithm: 'constructor' }, 'does not fit'],
])('%s does not count', (_, made, fault) => {
  expect(verifySshSignature(armoured(made), payload, trusted)).toEqual({
    fault: expect.stringContaining(fault) as string,
  });
});

test('whatever is changed of a signature or of its content, it does not count and nothing is raised', () => {
  const text = armoured({});
  const bytes = Buffer.from(text.split('\n')[1] ?? '', 'base64');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ by;
      const forged = text.replace(/\n.*\n/, `\n${changed.toString('base64')}\n`);
      return 'fault' in verifySshSignature(forged, payload, trusted);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (noise) => 'fault' in verifySshSignature(noise, payload, trusted)),
  );
  expect(verifySshSignature(text, Buffer.from('other'), trusted)).toHaveProperty('fault');
});

test('keys are read as in authorized_keys', () => {
  const line = `ssh-ed25519 ${ed.toString('base64')} ann@example.com`;
  const keys = readAuthorizedKeys(`# Ann\n\n${line}\r\n  ${line}`);
  expect(keys.map(({ blob }) => blob)).toEqual([ed, ed]);
  expect(keys[0]?.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
});

test.each([
  ['a DSA key', 'ssh-dss AAAA', 'line 1 begins with no type'],
  ['options', `restrict ssh-ed25519 ${ed.toString('base64')}`, 'line 1 begins with no type'],
  [
    'a key that is cut short',
    `\nssh-ed25519 ${ed.toString('base64').slice(0, 20)}`,
    'line 2 holds no valid',
  ],
  [
    'a short RSA key',
    `ssh-rsa ${rsaBlob(shortPublic).toString('base64')}`,
    'line 1 holds no valid ssh-rsa',
  ],
])('%s is refused', (_, text, fault) => {
  expect(() => readAuthorizedKeys(text)).toThrow(fault);
});
