import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { readPrivateKey } from '../../../../activities/fetch/ssh/private-key.ts';
import { newKey } from '../../../support/ssh-server.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const ed = generateKeyPairSync('ed25519').privateKey;
const aes = { cipher: 'aes-256-cbc', passphrase: 'open' } as const;

test.each([
  ['OpenSSH, ed25519', newKey('ed25519').private, undefined, 'ssh-ed25519'],
  ['OpenSSH, ecdsa', newKey('ecdsa').private, undefined, 'ecdsa-sha2-nistp256'],
  ['OpenSSH, rsa', newKey('rsa').private, undefined, 'ssh-rsa'],
  ['OpenSSH, encrypted', newKey('ed25519', 'open').private, 'open', 'ssh-ed25519'],
  ['PKCS#1', rsa.export({ type: 'pkcs1', format: 'pem' }), undefined, 'ssh-rsa'],
  ['PKCS#1, encrypted', rsa.export({ type: 'pkcs1', format: 'pem', ...aes }), 'open', 'ssh-rsa'],
  ['SEC 1', ec.export({ type: 'sec1', format: 'pem' }), undefined, 'ecdsa-sha2-nistp256'],
  ['PKCS#8, rsa', rsa.export({ type: 'pkcs8', format: 'pem' }), undefined, 'ssh-rsa'],
  ['PKCS#8, ec', ec.export({ type: 'pkcs8', format: 'pem' }), undefined, 'ecdsa-sha2-nistp256'],
  ['PKCS#8, ed25519', ed.export({ type: 'pkcs8', format: 'pem' }), undefined, 'ssh-ed25519'],
  ['PKCS#8, encrypted', ed.export({ type: 'pkcs8', format: 'pem', ...aes }), 'open', 'ssh-ed25519'],
  ['line ends of Windows', newKey().private.replaceAll('\n', '\r\n'), undefined, 'ssh-ed25519'],
])('a key is read: %s', (_, text, passphrase, type) => {
  const { key } = readPrivateKey(text.toString(), passphrase);
  const data = Buffer.from('data');
  expect(key.type).toBe(type);
  expect(key.verify(data, key.sign(data))).toBe(true);
});

test.each([
  ['a passphrase is missing', newKey('ed25519', 'open').private, undefined, 'put its passphrase'],
  ['a passphrase is wrong', newKey('ed25519', 'open').private, 'shut', 'can not be decrypted'],
  [
    'a passphrase of PKCS#8 is wrong',
    ed.export({ type: 'pkcs8', format: 'pem', ...aes }),
    'shut',
    'can not be decrypted',
  ],
  ['a public key', newKey().public, undefined, 'public key'],
  ['text', 'canary-of-a-secret', undefined, 'no private key in the format'],
  ['nothing', '', undefined, 'no private key in the format'],
])('a key is refused without being told: %s', (_, text, passphrase, message) => {
  const read = (): unknown => readPrivateKey(text.toString(), passphrase);
  expect(read).toThrow(message);
  expect(read).not.toThrow(/canary/);
});
