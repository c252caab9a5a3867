import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { temporalConnection } from '../../client/temporal-connection.ts';
import { directoryWith } from '../support/files.ts';

const files = await directoryWith({
  'ca.crt': 'authority',
  'tls.crt': 'certificate',
  'tls.key': 'key',
});
afterAll(() => rm(files, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

const read = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString();

test('without variables the connection is plain', () => {
  const { address, tls, apiKey } = temporalConnection('127.0.0.1:7233');
  expect({ address, tls, apiKey }).toEqual({ address: '127.0.0.1:7233' });
});

test('certificates are read from the files that the chart mounts', () => {
  vi.stubEnv('TEMPORAL_TLS', 'true');
  vi.stubEnv('TEMPORAL_TLS_SERVER_CA_CERT_PATH', join(files, 'ca.crt'));
  vi.stubEnv('TEMPORAL_TLS_CLIENT_CERT_PATH', join(files, 'tls.crt'));
  vi.stubEnv('TEMPORAL_TLS_CLIENT_KEY_PATH', join(files, 'tls.key'));
  vi.stubEnv('TEMPORAL_TLS_SERVER_NAME', 'temporal.example.com');
  const { tls } = temporalConnection('temporal:7233');
  if (typeof tls !== 'object' || tls === null) throw new Error('TLS is off');
  expect(tls.serverNameOverride).toBe('temporal.example.com');
  expect(read(tls.serverRootCACertificate)).toBe('authority');
  expect(read(tls.clientCertPair?.crt)).toBe('certificate');
  expect(read(tls.clientCertPair?.key)).toBe('key');
});

test('an API key switches TLS on, and an address of the environment does not win', () => {
  vi.stubEnv('TEMPORAL_API_KEY', 'secret');
  vi.stubEnv('TEMPORAL_ADDRESS', 'other:7233');
  expect(temporalConnection('cloud:7233')).toMatchObject({
    address: 'cloud:7233',
    apiKey: 'secret',
    tls: true,
  });
});

test('a certificate that is not there is named', () => {
  vi.stubEnv('TEMPORAL_TLS', 'true');
  vi.stubEnv('TEMPORAL_TLS_SERVER_CA_CERT_PATH', join(files, 'gone.crt'));
  expect(() => temporalConnection('temporal:7233')).toThrow('gone.crt');
});
