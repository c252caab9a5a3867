import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, expect, test } from 'vitest';
import { writeArchive } from '../../../activities/fetch/archive.ts';
import { unpack } from '../../../activities/fetch/unpack.ts';

type Entry = Parameters<ReturnType<typeof pack>['entry']>[0];

const directory = await mkdtemp(join(tmpdir(), 'sluice-archive-'));
afterAll(() => rm(directory, { recursive: true, force: true }));
let next = 0;
const path = (): string => join(directory, `${next++}`);

const file = (
  name: string,
  text: string,
  executable = false,
): Parameters<typeof writeArchive>[1][number] => ({
  path: name,
  oid: text,
  executable,
  read: () => Promise.resolve(Buffer.from(text)),
});

async function tarOf(entries: readonly [Entry, string?][]): Promise<string> {
  const tar = pack();
  const target = path();
  const written = pipeline(tar, createGzip(), createWriteStream(target));
  for (const [headers, text] of entries) tar.entry(headers, text ?? '');
  tar.finalize();
  await written;
  return target;
}

test('the same files make the same bytes, in whatever order they come', async () => {
  const files = [file('b/c.yaml', 'c'), file('a.yaml', 'a'), file('run.sh', 'x', true)];
  const [one, two] = [path(), path()];
  const first = await writeArchive(one, files);
  const second = await writeArchive(two, [...files].reverse());
  expect(second).toEqual(first);
  expect(await readFile(one)).toEqual(await readFile(two));
});

test('what was archived is unpacked again', async () => {
  const archive = path();
  await writeArchive(archive, [file('a/b.yaml', 'b'), file('c.yaml', 'c')]);
  const target = path();
  expect(await unpack(archive, target)).toMatchObject({ files: 2, bytes: 2 });
  expect(await readFile(join(target, 'a/b.yaml'), 'utf8')).toBe('b');
});

test.each<[string, [Entry, string?][]]>([
  ['../out', [[{ name: '../out' }, 'x']]],
  ['/etc/out', [[{ name: '/etc/out' }, 'x']]],
  ['a/../../out', [[{ name: 'a/../../out' }, 'x']]],
  ['a\\..\\out', [[{ name: 'a\\..\\out' }, 'x']]],
  ['link', [[{ name: 'link', type: 'symlink', linkname: '/etc/passwd' }]]],
  ['hard', [[{ name: 'hard', type: 'link', linkname: '/etc/passwd' }]]],
  ['device', [[{ name: 'device', type: 'character-device' }]]],
])('an archive with %s is refused, and nothing of it is outside', async (name, entries) => {
  const outer = path();
  await mkdir(outer);
  const target = join(outer, 'inner');
  await expect(unpack(await tarOf(entries), target)).rejects.toThrow(name.replace(/^.*\//, ''));
  expect(await readdir(outer)).not.toContain('out');
});

test('an entry twice is refused, so that a second one replaces nothing', async () => {
  const archive = await tarOf([
    [{ name: 'a' }, 'x'],
    [{ name: './a' }, 'y'],
  ]);
  await expect(unpack(archive, path())).rejects.toThrow('holds an entry twice');
});

test('a directory that nobody may enter is unpacked as one of ours', async () => {
  const target = path();
  const archive = await tarOf([
    [{ name: 'closed', type: 'directory', mode: 0 }],
    [{ name: 'closed/a', mode: 0 }, 'x'],
  ]);
  expect(await unpack(archive, target)).toMatchObject({ files: 1 });
  expect((await stat(join(target, 'closed'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(target, 'closed/a'))).mode & 0o777).toBe(0o600);
});

test('an archive that is too large or has too many entries is refused', async () => {
  const archive = await tarOf([
    [{ name: 'a' }, 'x'.repeat(1000)],
    [{ name: 'b' }, 'y'],
  ]);
  await expect(unpack(archive, path(), { bytes: 100, entries: 10 })).rejects.toThrow(
    'more bytes than its limit',
  );
  await expect(unpack(archive, path(), { bytes: 10_000, entries: 1 })).rejects.toThrow(
    'more than 1 entries',
  );
});

test.each([
  ['no gzip', Buffer.from('plain text')],
  ['no tar', gzipSync(Buffer.from('plain text that is long enough'.repeat(40)))],
  ['cut short', gzipSync(Buffer.alloc(4096, 1)).subarray(0, 20)],
])('a file that is %s is refused', async (_, bytes) => {
  const archive = path();
  await writeFile(archive, bytes);
  await expect(unpack(archive, path())).rejects.toMatchObject({ type: 'ArtifactInvalid' });
});
