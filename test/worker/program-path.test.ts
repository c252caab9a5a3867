import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { programPath } from '../../worker/program-path.ts';

const dir = await mkdtemp(join(tmpdir(), 'sluice-path-'));
const path = ['', '/nowhere', join(dir, 'first'), join(dir, 'second')].join(':');
for (const folder of ['first', 'second']) await mkdir(join(dir, folder));
await writeFile(join(dir, 'first/plain'), '');
await mkdir(join(dir, 'first/folder'));
for (const name of ['plain', 'folder', 'tool']) {
  const file = join(dir, 'second', name);
  await writeFile(file, '');
  await chmod(file, 0o755);
}

afterAll(() => rm(dir, { recursive: true, force: true }));

test.each(['tool', 'plain', 'folder'])(
  '%s is the first file in PATH that can be run',
  async (name) => {
    expect(await programPath(name, path)).toBe(join(dir, 'second', name));
  },
);

test('a name that is nowhere stays a name', async () => {
  expect(await programPath('absent', path)).toBe('absent');
});

test('a path is one from where the worker was started', async () => {
  expect(await programPath('./bin/tool', path)).toBe(join(process.cwd(), 'bin/tool'));
  expect(await programPath('/opt/tool', path)).toBe('/opt/tool');
});
