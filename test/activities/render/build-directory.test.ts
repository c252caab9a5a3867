import { spawn } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import {
  makeBuildDirectory,
  sweepBuildDirectories,
} from '../../../activities/render/build-directory.ts';
import { directoryWith } from '../../support/files.ts';

/** The id of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid ?? 0;
}

test('what a killed worker left of a build is removed, and nothing of one that runs', async () => {
  const cacheDir = await directoryWith({ 'rendered/a.json': '{}' });
  const left = join(cacheDir, `build-${await endedProcess()}-x`);
  const running = join(cacheDir, `build-${process.ppid}-x`);
  await mkdir(join(left, 'sops'), { recursive: true });
  await writeFile(join(left, 'sops/secring.gpg'), 'key');
  await mkdir(running);
  const predecessor = await makeBuildDirectory(cacheDir);
  expect(await readdir(cacheDir)).toContain(basename(predecessor));
  await sweepBuildDirectories(cacheDir);
  expect((await readdir(cacheDir)).sort()).toEqual([basename(running), 'rendered']);
  await rm(cacheDir, { recursive: true, force: true });
});

test('a worker without a cache has nothing to sweep', async () => {
  await expect(sweepBuildDirectories('/not/there')).resolves.toBeUndefined();
});
