import { createHash } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startArtifactServer } from '../../../activities/fetch/artifact-server.ts';
import { ArtifactStorage, isArtifactPath } from '../../../activities/fetch/artifact-storage.ts';

const key = { namespace: 'apps', name: 'repo' };
const commit = (digit: number): string => String(digit).repeat(40);

let dir: string;
let storage: ArtifactStorage;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-storage-'));
  const retention = { keptRecords: 2, keptMs: 60_000 };
  const advertisedAddress = 'host:80';
  storage = new ArtifactStorage({ dir: join(dir, 'storage'), advertisedAddress, ...retention });
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function store(digit: number, text = 'archive'): Promise<string> {
  const path = storage.path(key, commit(digit));
  await writeFile(join(dir, 'file'), text);
  await storage.store(path, join(dir, 'file'));
  return path;
}

/** Status and body for a path that is sent as it stands; fetch would take the dots out of it. */
async function ask(port: number, path: string, method = 'GET'): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method, host: '127.0.0.1' }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        resolve([response.statusCode ?? 0, body]);
      });
    });
    sent.once('error', reject).end();
  });
}

test.each([
  [`gitrepository/apps/repo/${commit(1)}.tar.gz`, true],
  [`gitrepository/../repo/${commit(1)}.tar.gz`, false],
  [`gitrepository/apps/../${commit(1)}.tar.gz`, false],
  [`gitrepository/apps/repo/${commit(1)}.tar.gz/../../x`, false],
  ['gitrepository/apps/repo/main.tar.gz', false],
  [`/gitrepository/apps/repo/${commit(1)}.tar.gz`, false],
  ['', false],
])('%j leads to an artifact: %s', (path, expected) => {
  expect(isArtifactPath(path)).toBe(expected);
});

test('at most two artifacts of a source are kept, and the old one no longer than its time', async () => {
  const paths = [await store(1), await store(2), await store(3)];
  for (const [at, path] of paths.entries()) {
    const then = new Date(Date.now() - 10_000 + at * 1000);
    await utimes(join(dir, 'storage', path), then, then);
  }
  const [first = '', second = '', third = ''] = paths;
  expect(await storage.sweep(third)).toBe(1);
  expect(await Promise.all(paths.map((path) => storage.find(path)))).toEqual([
    undefined,
    join(dir, 'storage', second),
    join(dir, 'storage', third),
  ]);
  const long = new Date(Date.now() - 120_000);
  for (const path of [second, third]) await utimes(join(dir, 'storage', path), long, long);
  // The last one stays, however old it is.
  expect(await storage.sweep(third)).toBe(1);
  expect(await storage.find(third)).toBe(join(dir, 'storage', third));
  expect(await storage.sweep(first)).toBe(1);
  await storage.remove(key);
  expect(await storage.sweep(third)).toBe(0);
});

test('the retention is as it is set', async () => {
  const advertisedAddress = 'host:80';
  const place = join(dir, 'other');
  storage = new ArtifactStorage({ dir: place, advertisedAddress, keptRecords: 3, keptMs: 60_000 });
  const paths = [await store(1), await store(2), await store(3)];
  expect(await storage.sweep(paths[2] ?? '')).toBe(0);
  storage = new ArtifactStorage({ dir: place, advertisedAddress, keptRecords: 1, keptMs: 60_000 });
  expect(await storage.sweep(paths[2] ?? '')).toBe(2);
});

test('a stored file without the bytes of its digest is found and removed', async () => {
  const path = await store(1);
  const digest = `sha256:${createHash('sha256').update('archive').digest('hex')}`;
  expect(await storage.check(path, digest)).toBe('sound');
  await writeFile(join(dir, 'storage', path), 'archivE');
  expect(await storage.check(path, digest)).toBe('damaged');
  expect(await storage.check(path, digest)).toBe('missing');
});

test('the server gives what is there, makes the rest once, and nothing outside the storage', async () => {
  const path = await store(1);
  await writeFile(join(dir, 'secret'), 'outside');
  const rebuilt: string[] = [];
  const server = await startArtifactServer({
    storage,
    host: '127.0.0.1',
    port: 0,
    rebuild: async (wanted) => {
      rebuilt.push(wanted);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return wanted.includes(commit(2))
        ? store(2, 'again').then((at) => storage.find(at))
        : undefined;
    },
  });
  const { port } = server;
  expect(await ask(port, `/${path}`)).toEqual([200, 'archive']);
  expect(await ask(port, `/${path}`, 'HEAD')).toEqual([200, '']);
  expect((await ask(port, `/${path}`, 'DELETE'))[0]).toBe(405);
  const second = `/${storage.path(key, commit(2))}`;
  expect(await Promise.all([ask(port, second), ask(port, second)])).toEqual([
    [200, 'again'],
    [200, 'again'],
  ]);
  expect(rebuilt).toHaveLength(1);
  expect((await ask(port, `/${storage.path(key, commit(3))}`))[0]).toBe(404);
  for (const outside of [
    '/secret',
    '/../secret',
    '/gitrepository/../../secret',
    '/%2e%2e/secret',
  ]) {
    expect((await ask(port, outside))[0]).toBe(404);
  }
  expect(rebuilt).toHaveLength(2);
  await server.close();
});
