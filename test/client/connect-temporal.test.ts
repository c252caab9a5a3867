import { rm } from 'node:fs/promises';
import { createServer as createPlainServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { connectTemporal } from '../../client/connect-temporal.ts';
import { createServingCertificate } from '../../deploy/dev/stack/certificates.ts';
import { clientCertificate } from '../support/client-certificate.ts';
import { directoryWith } from '../support/files.ts';

let files: string;
const servers: Server[] = [];
const ports = { tls: 0, mutual: 0, plain: 0, closing: 0 };

beforeAll(async () => {
  const [server, other] = [await createServingCertificate(), await createServingCertificate()];
  const [client, stranger] = [await clientCertificate(), await clientCertificate()];
  files = await directoryWith({
    'ca.crt': server.ca,
    'other.crt': other.ca,
    'tls.crt': client.cert,
    'tls.key': client.key,
    'stranger.crt': stranger.cert,
    'stranger.key': stranger.key,
  });
  const own = { key: server.key, cert: server.certificate, ALPNProtocols: ['h2'] };
  ports.tls = await listen(createTlsServer(own, (socket) => socket.write('\0')));
  const mutual = { ...own, requestCert: true, rejectUnauthorized: true, ca: client.cert };
  ports.mutual = await listen(createTlsServer(mutual, (socket) => socket.write('\0')));
  ports.plain = await listen(createPlainServer((socket) => socket.end('HTTP/1.1 400 no\r\n\r\n')));
  ports.closing = await listen(createPlainServer((socket) => socket.destroy()));
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(files, { recursive: true, force: true });
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  // What a client does wrong is what this is about.
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const settings = {
  authority: { TEMPORAL_TLS: 'true', TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'ca.crt' },
  otherAuthority: { TEMPORAL_TLS: 'true', TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'other.crt' },
  stranger: {
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'ca.crt',
    TEMPORAL_TLS_CLIENT_CERT_PATH: 'stranger.crt',
    TEMPORAL_TLS_CLIENT_KEY_PATH: 'stranger.key',
  },
  otherName: {
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'ca.crt',
    TEMPORAL_TLS_SERVER_NAME: 'temporal.example.com',
  },
  none: {},
} as const;

async function reasonOf(port: number, given: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, value] of Object.entries(given)) {
    vi.stubEnv(name, name.endsWith('_PATH') ? join(files, value) : value);
  }
  const address = `localhost:${port}`;
  const end = connectTemporal(address, () => Promise.reject(new Error('no answer in time')));
  return end.then(
    () => 'it is reached',
    (error: unknown) => String(error).replace(`Temporal at ${address} can not be reached, `, ''),
  );
}

test.each([
  [
    'another authority',
    'tls',
    'otherAuthority',
    /is not trusted .*: set TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
  ],
  [
    'no TLS where there should be',
    'tls',
    'none',
    /closes a connection without TLS: set TEMPORAL_TLS=true/,
  ],
  ['another name', 'tls', 'otherName', /is for another name: set TEMPORAL_TLS_SERVER_NAME/],
  [
    'no certificate of the client',
    'mutual',
    'authority',
    /: see that TEMPORAL_TLS_CLIENT_CERT_PATH/,
  ],
  [
    'a certificate that is not taken',
    'mutual',
    'stranger',
    /: see that TEMPORAL_TLS_CLIENT_CERT_PATH/,
  ],
  ['TLS where there is none', 'plain', 'authority', /does not speak TLS: unset TEMPORAL_TLS/],
  ['a server that hangs up', 'closing', 'none', /closes a connection without TLS/],
  ['nobody at the address', 'nobody', 'none', /ECONNREFUSED.*: set TEMPORAL_ADDRESS/],
  [
    'something beside TLS',
    'tls',
    'authority',
    /^TemporalUnreachable: no answer in time: look at its log$/,
  ],
] as const)('%s is told with the setting to look at', async (_, server, given, reason) => {
  const port = server === 'nobody' ? 1 : ports[server];
  expect(await reasonOf(port, settings[given])).toMatch(reason);
});
