import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createProgress, resolveTools } from '../../deploy/dev/index.ts';
import { TOOLS } from '../../deploy/dev/toolchain/tools.ts';

/** Sets up what the tests need, runs them, and ends with the line `N passed, N failed`. Arguments go to vitest. */
const Report = z.object({
  success: z.boolean(),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
});

const progress = createProgress();
const wanted = Object.values(TOOLS).filter(({ byHand }) => !byHand);
await resolveTools(
  wanted.map(({ name }) => name),
  progress,
);
progress.close();

const directory = await mkdtemp(join(tmpdir(), 'sluice-tests-'));
const reportFile = join(directory, 'report.json');
const code = await runVitest(reportFile, process.argv.slice(2));
const { passed, failed } = await countOf(reportFile, code);
await rm(directory, { recursive: true, force: true });
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? code : 1;

function runVitest(report: string, args: readonly string[]): Promise<number> {
  const manifest = createRequire(import.meta.url).resolve('vitest/package.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(
    process.execPath,
    [join(manifest, '..', 'vitest.mjs'), 'run', ...reporters, ...args],
    { stdio: 'inherit' },
  );
  return new Promise((resolve) => {
    child.once('close', (status) => {
      resolve(status ?? 1);
    });
  });
}

/** A skipped test counts as failed: what does not run proves nothing. */
async function countOf(file: string, status: number): Promise<{ passed: number; failed: number }> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1 };
  const report = Report.parse(JSON.parse(text));
  const broken = report.success && status === 0 ? 0 : 1;
  const failed = report.numFailedTests + report.numPendingTests;
  return { passed: report.numPassedTests, failed: Math.max(failed, broken) };
}
