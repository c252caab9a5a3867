import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { offeredHostKeys } from '../../../../activities/fetch/ssh/algorithms.ts';
import { readKnownHosts } from '../../../../activities/fetch/ssh/known-hosts.ts';
import { newKey } from '../../../support/ssh-server.ts';

const [key, other] = [newKey('ed25519').public, newKey('rsa').public];
const bytes = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

function hashed(name: string): string {
  const salt = Buffer.from('0123456789abcdef0123');
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${salt.toString('base64')}|${hash}`;
}

test.each([
  ['a name', `host ${key}`, 'known'],
  ['a name in capitals', `HOST ${key}`, 'known'],
  ['one of several names', `other,host,10.0.0.1 ${key} a comment`, 'known'],
  ['a wildcard', `*.example,h?st ${key}`, 'known'],
  ['a hashed name', `${hashed('host')} ${key}`, 'known'],
  ['the second of two keys', `host ${other}\nhost ${key}`, 'known'],
  ['comments and empty lines', `# text\n\nhost ${key}\n`, 'known'],
  ['another name', `hosts ${key}`, 'unknown'],
  ['another hashed name', `${hashed('hosts')} ${key}`, 'unknown'],
  ['another key', `host ${other}`, 'unknown'],
  ['another port', `[host]:2222 ${key}`, 'unknown'],
  ['a name that is taken out', `h*,!host ${key}`, 'unknown'],
  ['an authority', `@cert-authority host ${key}`, 'unknown'],
  ['a key that is revoked', `host ${key}\n@revoked * ${key}`, 'revoked'],
])('%s', (_, text, verdict) => {
  expect(readKnownHosts(text, 'host', 22).verdict(bytes(key))).toBe(verdict);
});

test.each([
  ['with its port', `[host]:2222 ${key}`, 'known'],
  ['hashed with its port', `${hashed('[host]:2222')} ${key}`, 'known'],
  ['without the port', `host ${key}`, 'unknown'],
])('a server on another port is known %s', (_, text, verdict) => {
  expect(readKnownHosts(text, 'host', 2222).verdict(bytes(key))).toBe(verdict);
});

test.each(['host ssh-ed25519', 'host', `host ssh-rsa ${key.split(' ')[1] ?? ''}`])(
  'a line that is no entry is named: %s',
  (line) => {
    expect(() => readKnownHosts(`# text\n${line}`, 'host', 22)).toThrow('line 2');
  },
);

test('a pattern that backtracks ends', () => {
  const text = `${'*a'.repeat(40)} ${key}`;
  expect(readKnownHosts(text, `${'a'.repeat(60)}b`, 22).verdict(bytes(key))).toBe('unknown');
});

test('only signatures that fit the known keys are offered, without SHA-1 unless it is named', () => {
  const none = { kex: [], hostKey: [] };
  expect(offeredHostKeys(new Set(['ssh-rsa']), none)).toEqual(['rsa-sha2-512', 'rsa-sha2-256']);
  expect(offeredHostKeys(new Set(['ssh-rsa']), { kex: [], hostKey: ['ssh-rsa'] })).toEqual([
    'ssh-rsa',
  ]);
  expect(offeredHostKeys(new Set(['ssh-ed25519']), { kex: [], hostKey: ['ssh-rsa'] })).toEqual([]);
});
