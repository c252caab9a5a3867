import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The gates, the quick ones first; each is a package's program with its arguments. */
const gates: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['format', [program('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.']],
  ['types', [program('typescript', 'bin/tsc'), '--noEmit', '-p', '.']],
  ['workflow types', [program('typescript', 'bin/tsc'), '--noEmit', '-p', 'workflows']],
  ['lint', [program('eslint', 'bin/eslint.js'), '.']],
  [
    'import rules',
    [program('dependency-cruiser', 'bin/dependency-cruise.mjs'), ...['api', 'activities']].concat(
      'workflows worker client deploy test bench --config .dependency-cruiser.js'.split(' '),
    ),
  ],
  ['dead code', [program('knip', 'bin/knip.js')]],
  ['generated files', [program('tsx', 'dist/cli.mjs'), 'api/generate.ts', '--check']],
  ['tests', ['deploy/dev/run.js', 'test/support/run-tests.ts']],
];

const failed: string[] = [];
for (const [name, args] of gates) {
  process.stdout.write(`\n== ${name}\n`);
  if ((await run(args)) !== 0) failed.push(name);
}
process.stdout.write(
  `\n${failed.length === 0 ? 'all gates passed' : `failed: ${failed.join(', ')}`}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Path of a file of an installed package; some packages do not export their package.json. */
function program(name: string, file: string): string {
  const folders = require.resolve.paths(name) ?? [];
  const root = folders.find((folder) => folder.endsWith('node_modules'));
  return join(root ?? dirname(import.meta.url), name, file);
}

function run(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
