import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { createWorkingCopy } from '../../../deploy/dev/working-copy.ts';

const run = promisify(execFile);
const dir = await mkdtemp(join(tmpdir(), 'sluice-dev-git-'));
const sluice = join(import.meta.dirname, '../../../client/sluice.js');

afterAll(() => rm(dir, { recursive: true, force: true }));

test('dev git serves the bare repositories of a directory until it is ended', async () => {
  const copy = await createWorkingCopy(dir, 'app');
  await copy.commit({ 'app.yaml': 'a: 1\n' });
  const child = spawn(process.execPath, [sluice, 'dev', 'git', copy.served, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/app\.git$/);
    await run('git', ['clone', '--quiet', url, join(dir, 'clone')]);
    expect(await readFile(join(dir, 'clone/app.yaml'), 'utf8')).toBe('a: 1\n');
  } finally {
    child.kill('SIGINT');
  }
  expect(await ended).toEqual([null, 'SIGINT']);
});

test.each([
  [['/nowhere'], 'holds no bare repository'],
  [[dir, '--port', 'http'], '--port "http" is no port'],
])('dev git %j says what to do', async (args, message) => {
  const failing = run(process.execPath, [sluice, 'dev', 'git', ...args]);
  await expect(failing).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(message) as string,
  });
});
