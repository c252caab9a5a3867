import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { perform, stageNamed } from '../support/dockerfile.ts';

let directory: string;
let tree: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-image-'));
  tree = join(directory, 'app');
  const out = join(directory, 'out');
  await perform(await stageNamed('build'), join(directory, 'src'), out);
  await perform(await stageNamed('app'), tree, out);
}, 600_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Runs node in the tree of the image, with nothing of this machine's environment. */
async function node(...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory, TMPDIR: directory };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: tree, env });
  return stdout;
}

test('the tree holds what production needs and nothing else', async () => {
  const packages = await readdir(join(tree, 'node_modules'));
  for (const name of ['vitest', 'eslint', 'typescript', 'tsx', 'fast-check', 'knip']) {
    expect(packages).not.toContain(name);
  }
  const core = await readdir(join(tree, 'node_modules/@temporalio/core-bridge/releases'));
  expect(core).toHaveLength(1);
  expect((await readdir(tree)).sort()).toEqual([
    'LICENSE',
    'activities',
    'api',
    'client',
    'deploy',
    'node_modules',
    'package-lock.json',
    'package.json',
    'sbom.cdx.json',
    'worker',
    'workflows',
  ]);
  const sbom = JSON.parse(await readFile(join(tree, 'sbom.cdx.json'), 'utf8')) as {
    components: { name: string }[];
  };
  expect(sbom.components.map(({ name }) => name)).toContain('@temporalio/worker');
});

test('worker, bridge and command line start with the dependencies of production, and write nothing there', async () => {
  const before = await newest(tree);
  expect(await node('worker/main.js', '--help')).toContain('--task-queue');
  expect(await node('client/bridge/main.js', '--help')).toContain('--task-queue');
  expect(await node('client/sluice.js', '--help')).toContain('install');
  const code = "import('./worker/bundle.js').then((m) => m.workflowCode({}))";
  const path = `${code}.then((code) => console.log('codePath' in code))`;
  expect(await node('--eval', path)).toContain('true');
  expect(await newest(tree)).toBe(before);
}, 300_000);

test('nothing of the compiled code is TypeScript', async () => {
  const own = await readdir(tree, { recursive: true });
  const sources = own.filter((file) => file.endsWith('.ts') && !file.includes('node_modules'));
  expect(sources).toEqual([]);
});

/** When something below a directory was last changed, outside of the packages. */
async function newest(root: string): Promise<number> {
  let last = (await stat(join(root, 'node_modules'))).mtimeMs;
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    if (entry.parentPath.includes('node_modules')) continue;
    const { mtimeMs } = await stat(join(entry.parentPath, entry.name));
    last = Math.max(last, mtimeMs);
  }
  return last;
}
