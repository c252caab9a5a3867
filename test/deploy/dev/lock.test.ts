import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../../deploy/dev/lock.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

test('of many at once only one holds the lock, and nothing stays behind', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside--;
  };
  const waits: number[] = [];
  const options = { onWait: (pid: number) => waits.push(pid) };
  await Promise.all(Array.from({ length: 4 }, () => withLock(join(root, 'a'), options, work)));
  expect(most).toBe(1);
  expect(waits).toContain(process.pid);
  expect(await readdir(root)).toEqual([]);
});

test.each([
  ['of a process that ended', JSON.stringify({ pid: 999_999_999, startId: 'x' })],
  ['of a process whose pid another has now', JSON.stringify({ pid: process.pid, startId: 'x' })],
  ['that is cut off', '{"pid":'],
])('the lock %s is taken over', async (_, text) => {
  const path = join(root, 'a');
  await writeFile(path, text);
  expect(await withLock(path, {}, () => Promise.resolve('done'))).toBe('done');
});

test('a wait ends with its signal, and a failure frees the lock', async () => {
  const path = join(root, 'a');
  const failing = withLock(path, {}, async () => {
    const waiting = withLock(path, { signal: AbortSignal.timeout(50) }, () => Promise.resolve());
    await expect(waiting).rejects.toThrow();
    throw new Error('work failed');
  });
  await expect(failing).rejects.toThrow('work failed');
  expect(await readdir(root)).toEqual([]);
});
