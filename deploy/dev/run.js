#!/usr/bin/env node
// Plain JavaScript without dependencies, because it runs before there is a node_modules.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const [file, ...args] = process.argv.slice(2);

if (file === undefined) {
  console.error('usage: node deploy/dev/run.js FILE.ts [args]');
  process.exit(2);
}
const reason = installReason();
if (reason !== undefined) {
  console.error(`sluice: ${reason}; running npm ci first`);
  const status = await run(...npmCommand(['ci', '--no-audit', '--no-fund']), root);
  if (status !== 0) {
    console.error('sluice: npm ci failed; see its message above');
    process.exit(status);
  }
}
// Resolved here, not by name, so that the launcher also works from another working directory.
const tsx = import.meta.resolve('tsx');
process.exit(await run(process.execPath, ['--import', tsx, resolve(file), ...args], process.cwd()));

/** npm writes its marker last, so a marker older than the lock file means a stale or broken install. */
function installReason() {
  const marker = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(marker)) return 'no node_modules yet';
  const lock = join(root, 'package-lock.json');
  if (existsSync(lock) && statSync(lock).mtimeMs > statSync(marker).mtimeMs + 1000) {
    return 'package-lock.json is newer than node_modules';
  }
  return undefined;
}

/** Under `npm run` the npm in use is known as a script; that needs no shell on any platform. */
function npmCommand(npmArgs) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return [process.execPath, [script, ...npmArgs]];
  return ['npm', npmArgs];
}

/** Runs a command with our terminal, forwards signals and gives back its exit code (128+n for a signal). */
function run(command, commandArgs, cwd) {
  const child = spawn(command, commandArgs, { cwd, stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  // At Ctrl-C the terminal signals the whole group: the child has it already, a second one would cut its clean-up short.
  const ignore = () => undefined;
  process.on('SIGINT', process.stdin.isTTY ? ignore : forward);
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
  return new Promise((done) => {
    child.on('error', (error) => {
      console.error(`sluice: cannot run ${command}: ${error.message}`);
      done(127);
    });
    child.on('close', (code, signal) => {
      process.removeAllListeners('SIGINT');
      process.removeAllListeners('SIGTERM');
      process.removeAllListeners('SIGHUP');
      done(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
