import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The gates, the quick ones first; each is a package's program with its arguments. */
const gates: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['format', [program('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.']],
  ['types', [program('typescript', 'bin/tsc'), '--noEmit', '-p', '.']],
  ['workflow types', [program('typescript', 'bin/tsc'), '--noEmit', '-p', 'workflows']],
  ['lint', [program('eslint', 'bin/eslint.js'), '.']],
  [
    'import rules',
    [
      program('dependency-cruiser', 'bin/dependency-cruise.mjs'),
      ...['--config', '.dependency-cruiser.js'],
      ...['api', 'activities', 'workflows', 'worker', 'client', 'deploy', 'test', 'bench'],
    ],
  ],
  ['dead code', [program('knip', 'bin/knip.js')]],
  ['definitions', [program('tsx', 'dist/cli.mjs'), 'api/generate.ts', '--check']],
  ['reference', [program('tsx', 'dist/cli.mjs'), 'deploy/reference/generate.ts', '--check']],
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
  return fileURLToPath(new URL(`../../node_modules/${name}/${file}`, import.meta.url));
}

function run(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
