import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { download, findChecksum, mirrored } from '../../../deploy/dev/toolchain/download.ts';

const body = Buffer.from('#!/bin/sh\necho hello\n');
const sha256 = createHash('sha256').update(body).digest('hex');
const wanted = { url: 'https://official.example.com/releases/v1/tool' };

let server: Server;
let mirror: string;
let directory: string;

const answers: Record<string, (response: ServerResponse) => void> = {
  '/releases/v1/tool': (response) => response.end(body),
  '/releases/v1/tool.sha256': (response) => response.end(`${sha256}  tool\n`),
  '/releases/v1/cut': (response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 5), () => response.destroy());
  },
  '/releases/v1/silent': (response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 5));
  },
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-download-'));
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    if (answer) answer(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  mirror = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

test('the right file arrives complete and executable', async () => {
  const target = join(directory, 'right', 'tool');
  await download({ ...wanted, sha256 }, target, { mirror });
  expect(await readFile(target)).toEqual(body);
  expect((await stat(target)).mode & 0o111).not.toBe(0);
});

test('its checksum may come from a file beside it', async () => {
  const target = join(directory, 'beside', 'tool');
  await download({ ...wanted, checksumUrl: `${wanted.url}.sha256` }, target, { mirror });
  expect(await readFile(target)).toEqual(body);
});

test.each([
  ['a wrong checksum', 'tool', '0'.repeat(64), 'wrong checksum'],
  ['a missing file', 'absent', sha256, 'HTTP 404'],
  ['a cut connection', 'cut', sha256, 'cut'],
  ['a silent server', 'silent', sha256, /timeout|terminated|took too long|cut/i],
])(
  '%s is an error that names the address, and leaves nothing behind',
  async (_, name, sum, text) => {
    const url = `https://official.example.com/releases/v1/${name}`;
    const folder = join(directory, name, sum.slice(0, 4));
    const limits = { stallMs: 500, timeoutMs: 4000 };
    const attempt = download({ url, sha256: sum }, join(folder, 'tool'), { mirror, limits });
    const error: unknown = await attempt.catch((caught: unknown) => caught);
    expect(String(error)).toContain(`${mirror}/releases/v1/${name}`);
    expect(String(error)).toMatch(text);
    expect(await readdir(folder)).toEqual([]);
  },
);

test('more than the limit is refused', async () => {
  const target = join(directory, 'large', 'tool');
  const limits = { maxBytes: 3 };
  await expect(download({ ...wanted, sha256 }, target, { mirror, limits })).rejects.toThrow(
    'limit',
  );
});

test('a program without any known checksum is never downloaded', async () => {
  const target = join(directory, 'unknown', 'tool');
  await expect(download(wanted, target, { mirror })).rejects.toThrow('no checksum is known');
});

test.each([
  ['a list', `${'a'.repeat(64)}  other\n${sha256} *tool\n`, sha256],
  ['a lone sum', `${sha256}\n`, sha256],
  ['a list without it', `${sha256}  other\n`, undefined],
  ['nonsense', 'not found', undefined],
])('a checksum is read from %s', (_, text, found) => {
  expect(findChecksum(text, 'tool')).toBe(found);
});

test('a mirror replaces the host and keeps the path', () => {
  expect(mirrored('https://a.example.com/x/y', 'http://m/base/')).toBe('http://m/base/x/y');
  expect(mirrored('https://a.example.com/x/y', undefined)).toBe('https://a.example.com/x/y');
});
