import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SILENT } from '../../../deploy/dev/progress.ts';
import { findInstalled, printsVersion } from '../../../deploy/dev/toolchain/installed.ts';
import { cachedPath } from '../../../deploy/dev/toolchain/paths.ts';
import { TOOLS } from '../../../deploy/dev/toolchain/tools.ts';

const { etcd } = TOOLS;
let root: string;
let notes: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-installed-'));
  notes = [];
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'));
  vi.stubEnv('PATH', join(root, 'path'));
  vi.stubEnv(etcd.env, '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

async function program(path: string, version: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho etcd Version: ${version}\n`);
  await chmod(path, 0o755);
  return path;
}

function found(): Promise<string | undefined> {
  const note = (_subject: string, text: string): number => notes.push(text);
  return findInstalled(etcd, { ...SILENT, note });
}

test('the environment comes before PATH, and PATH before the cache', async () => {
  expect(await found()).toBeUndefined();
  const cached = await program(cachedPath(etcd), etcd.version);
  expect(await found()).toBe(cached);
  const onPath = await program(join(root, 'path/etcd'), etcd.version);
  expect(await found()).toBe(onPath);
  const named = await program(join(root, 'named'), etcd.version);
  vi.stubEnv(etcd.env, named);
  expect(await found()).toBe(named);
  expect(notes).toEqual([]);
});

test('another version is passed over, and said so where it was named', async () => {
  const cached = await program(cachedPath(etcd), etcd.version);
  await program(join(root, 'path/etcd'), '0.1.0');
  vi.stubEnv(etcd.env, await program(join(root, 'named'), '0.1.0'));
  expect(await found()).toBe(cached);
  expect(notes).toEqual([`${etcd.env}=${join(root, 'named')} is not ${etcd.version}; not used`]);
});

test('a path in the environment that is no program is said, not used', async () => {
  vi.stubEnv(etcd.env, join(root, 'nothing'));
  expect(await found()).toBeUndefined();
  expect(notes.join()).toContain('is no executable file');
});

test.each([
  ['etcd Version: 3.6.5', 'v3.6.5', true],
  ['Client Version: v1.37.2\nKustomize Version: v5.8.1', 'v1.37.2', true],
  ['temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)', 'v1.5.1', true],
  ['3.6.50', 'v3.6.5', false],
  ['3.6.5-rc.1', 'v3.6.5', false],
  ['no version', 'v3.6.5', false],
])('%j is read as %s: %s', (output, version, expected) => {
  expect(printsVersion(output, version)).toBe(expected);
});
