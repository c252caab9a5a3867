import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleFile, bundleWorkflows } from '../worker/bundle.ts';

/**
 * Writes what worker, bridge and command line are made of to a directory, as JavaScript that runs without a loader, with the workflows
 * bundled. They start in half the time and with a third less memory than from TypeScript. The packages of production have to be beside it.
 */
export async function compile(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '--project', join(root, 'tsconfig.build.json'), '--outDir', out];
  await promisify(execFile)(process.execPath, args, { cwd: root });
  for (const file of besides) await cp(join(root, file), join(out, file), { recursive: true });
  for (const tracing of [false, true]) {
    const { code } = await bundleWorkflows({ tracing });
    await writeFile(join(out, 'worker', bundleFile(tracing)), code);
  }
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files that the code reads, or that stand beside it. */
const besides = [
  'package.json',
  'client/sluice.js',
  'deploy/crds',
  'deploy/chart',
  'deploy/dev/run.js',
  'deploy/dev/stack/kwok-stages.yaml',
  'deploy/dev/modules',
];
