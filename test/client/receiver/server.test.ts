import { rm } from 'node:fs/promises';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { createAllowance } from '../../../client/receiver/allowance.ts';
import type { Message } from '../../../client/receiver/authenticity/message.ts';
import type { CertificateFiles } from '../../../client/receiver/certificate.ts';
import { createDirectory } from '../../../client/receiver/hook.ts';
import { createRequestMetrics } from '../../../client/receiver/metrics.ts';
import { openReceiverServer, type ReceiverServer } from '../../../client/receiver/server.ts';
import { createLog } from '../../../client/log.ts';
import { createServingCertificate } from '../../../deploy/dev/stack/certificates.ts';
import { directoryWith } from '../../support/files.ts';
import { post, raw } from '../../support/raw-requests.ts';
import { openHook } from '../../support/receivers.ts';

const path = `/hook/${'a'.repeat(64)}`;
const key = { namespace: 'apps', name: 'hook' };
const limit = 3 * 1024 * 1024;
let servers: ReceiverServer[] = [];
afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

interface Opened {
  readonly port: number;
  readonly registry: Registry;
  readonly taken: Message[];
}

async function open({
  ready = true,
  burst = 1000,
  certificate,
}: {
  ready?: boolean;
  burst?: number;
  certificate?: CertificateFiles;
} = {}): Promise<Opened> {
  const directory = createDirectory();
  directory.put({ key, path, createdAt: '', open: openHook() });
  const registry = new Registry();
  const taken: Message[] = [];
  const server = await openReceiverServer({
    address: '127.0.0.1:0',
    certificate,
    directory,
    ready: () => ready,
    pathRate: createAllowance({ burst, perSecond: 0.001 }),
    metrics: createRequestMetrics(registry),
    log: createLog({ stream: { write: () => undefined } }),
    handle: (_, message) => {
      taken.push(message);
      return Promise.resolve({ status: 200, text: 'ok' });
    },
  });
  servers.push(server);
  return { port: server.port ?? 0, registry, taken };
}

test.each([
  ['its path', path, 200],
  ['its path with a query', `${path}?a=b`, 404],
  ['its path with a slash', `${path}/`, 404],
  ['its path in capitals', path.toUpperCase(), 404],
  ['its path with dots', `/hook/../${path}`, 404],
  ['its path behind two slashes', `/${path}`, 404],
  ['an escaped path', path.replace('a', '%61'), 404],
  ['no hook', '/hook/', 404],
  ['another path', '/metrics', 404],
])('%s is answered with %i', async (_, target, status) => {
  const { port, taken } = await open();
  expect(await post(port, target)).toBe(status);
  expect(taken.length).toBe(status === 200 ? 1 : 0);
});

test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
  '%s is handled as POST is',
  async (method) => {
    const { port } = await open();
    const body = Buffer.alloc(0);
    expect(await post(port, path, { method, body })).toBe(200);
    expect(await post(port, '/hook/x', { method, body })).toBe(404);
  },
);

test.each([
  ['announced, to a known path', path, false],
  ['announced, to an unknown path', '/hook/x', false],
  ['in chunks, to a known path', path, true],
  ['in chunks, to an unknown path', '/hook/x', true],
])('a body over 3 MiB is refused with 413: %s', async (_, target, chunked) => {
  const { port, taken } = await open();
  expect(await post(port, target, { body: Buffer.alloc(limit + 1), chunked })).toBe(413);
  expect(taken).toEqual([]);
  const whole = await post(port, target, { body: Buffer.alloc(limit), chunked });
  expect(whole).toBe(target === path ? 200 : 404);
});

test('a body that is announced as too large is refused before it is sent', async () => {
  const { port } = await open();
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n`;
  expect(await raw(port, `${head}\r\n`)).toContain('HTTP/1.1 413');
  const polite = await raw(port, `${head}Expect: 100-continue\r\n\r\n`);
  expect(polite).toContain('HTTP/1.1 413');
  expect(polite).not.toContain('100 Continue');
});

test('before the Receivers are listed an unknown path is told to come again', async () => {
  const { port } = await open({ ready: false });
  expect(await post(port, '/hook/x')).toBe(503);
  expect(await post(port, path)).toBe(200);
});

test('a path that is asked too often is told so, and no other', async () => {
  const { port, taken } = await open({ burst: 3 });
  const statuses = [];
  for (let at = 0; at < 5; at++) statuses.push(await post(port, path));
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect(taken.length).toBe(3);
  expect(await post(port, '/hook/x')).toBe(404);
});

test('requests in one stretch are answered one after the other', async () => {
  const { port, taken } = await open();
  const one = (target: string, body: string): string =>
    `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const text = await raw(port, one(path, 'first') + one('/hook/x', 'b') + one(path, 'third'));
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
  expect(taken.map(({ body }) => body.toString())).toEqual(['first', 'third']);
});

test.each([
  ['no HTTP', 'hello\r\n\r\n', '400'],
  [
    'two lengths',
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    '400',
  ],
  [
    'a length and chunks',
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    '400',
  ],
  [
    'chunks of no number',
    `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n`,
    '400',
  ],
  [
    'a head over 256 KiB',
    `POST ${path} HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(300_000)}\r\n\r\n`,
    '431',
  ],
])('%s is refused and reaches no Receiver', async (_, bytes, status) => {
  const { port, taken } = await open();
  expect(await raw(port, bytes)).toContain(`HTTP/1.1 ${status}`);
  expect(taken).toEqual([]);
});

test('a sender that is slow with its head is cut off, and the others are served meanwhile', async () => {
  const { port, taken } = await open();
  const slow = Array.from({ length: 50 }, () =>
    raw(port, `POST ${path} HTTP/1.1\r\nHost: a\r\n`, 60_000),
  );
  const half = raw(port, `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab`, 60_000);
  expect(await post(port, path)).toBe(200);
  const texts = await Promise.all(slow);
  expect(texts.every((text) => text.includes('HTTP/1.1 408'))).toBe(true);
  expect(await post(port, path)).toBe(200);
  expect(await half).toContain('HTTP/1.1 408');
  expect(taken.length).toBe(2);
});

test('with a certificate HTTPS is spoken, and files that do not fit are named', async () => {
  const [one, other] = await Promise.all([createServingCertificate(), createServingCertificate()]);
  const dir = await directoryWith({
    'tls.crt': one.certificate,
    'tls.key': one.key,
    'other.key': other.key,
  });
  const certFile = join(dir, 'tls.crt');
  const { port } = await open({ certificate: { certFile, keyFile: join(dir, 'tls.key') } });
  const status = await new Promise<number>((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path, method: 'POST', ca: one.ca };
    secureRequest(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end('{}');
  });
  expect(status).toBe(200);
  const wrong = open({ certificate: { certFile, keyFile: join(dir, 'other.key') } });
  await expect(wrong).rejects.toThrow('--receiver-key-file');
  await rm(dir, { recursive: true });
});

test('the answers are measured, and no path is told', async () => {
  const { port, registry } = await open();
  await post(port, path);
  await post(port, '/hook/x');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const text = await registry.metrics();
  const line = (code: number): string =>
    `gotk_receiver_http_request_duration_seconds_count{service="",handler="/hook/",method="POST",code="${code}"} 1`;
  expect(text).toContain(line(200));
  expect(text).toContain(line(404));
  expect(text).not.toContain('a'.repeat(64));
});
