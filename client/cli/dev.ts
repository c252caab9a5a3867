import { readdir } from 'node:fs/promises';
import { delimiter, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  createProgress,
  interruptible,
  stackStatus,
  startGitServer,
  startStack,
  stopStack,
  type Stack,
} from '../../deploy/dev/index.ts';
import { CliError } from './failure.ts';
import { table } from './table.ts';

/** `sluice dev`: the local stack, without worker and bridge. */
export function addDev(program: Command): void {
  const dev = program.command('dev').description('Run a local Kubernetes API and Temporal');
  dev
    .command('up')
    .description('Start the local stack; what it needs is installed first')
    .action(up);
  dev
    .command('down')
    .description('End the local stack; its data stays')
    .option('--purge', 'delete its data and logs too')
    .action(async ({ purge = false }: { purge?: boolean }) => {
      await stopStack(undefined, { purge });
      process.stdout.write(`the local stack is down${purge ? ', its data deleted' : ''}\n`);
    });
  dev
    .command('status')
    .description('Show the parts of the local stack; exits with 1 unless all are ready')
    .action(status);
  dev
    .command('git')
    .description('Serve bare Git repositories over HTTP on this machine, until Ctrl-C')
    .argument('<dir>', 'directory of bare repositories')
    .option('--port <port>', 'port on 127.0.0.1', '3000')
    .action(serveGit);
}

async function up(): Promise<void> {
  const progress = createProgress();
  try {
    const stack = await startStack({ progress });
    process.stdout.write(environmentOf(stack));
  } finally {
    progress.close();
  }
}

/** Lines for a shell: whatever it starts then works on the stack, with the programs of the stack. */
function environmentOf({ kubeconfig, temporalAddress, temporalUiUrl, tools }: Stack): string {
  const folders = [...new Set(Object.values(tools).map((file) => dirname(file)))];
  const lines = [
    `export KUBECONFIG=${quoted(kubeconfig)}`,
    `export TEMPORAL_ADDRESS=${quoted(temporalAddress)}`,
    `export PATH=${quoted(folders.join(delimiter))}${delimiter}"$PATH"`,
    `# Temporal UI: ${temporalUiUrl ?? 'your own'}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Plain words as they are, everything else in quotes for a shell. */
function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

async function serveGit(dir: string, { port }: { port: string }): Promise<void> {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new CliError(
      `--port "${port}" is no port`,
      'write a number up to 65535, or 0 for a free one',
    );
  }
  const root = resolve(dir);
  const names = (await readdir(root).catch(() => [])).filter((name) => name.endsWith('.git'));
  if (names.length === 0) {
    throw new CliError(
      `${root} holds no bare repository`,
      `git init --bare --initial-branch=main ${dir}/app.git`,
    );
  }
  const server = await startGitServer({ root, port: Number(port) });
  for (const name of names) process.stdout.write(`${server.url}/${name}\n`);
  await interruptible(undefined, (signal) => {
    return new Promise<void>((end) => {
      signal.addEventListener('abort', () => {
        end();
      });
    });
  });
}

async function status(): Promise<void> {
  const { parts, state, dir, temporalUiUrl } = await stackStatus();
  const rows = parts.map(({ name, state: is, pid, log }) => [name, is, String(pid ?? ''), log]);
  if (rows.length > 0) process.stdout.write(table(['part', 'state', 'pid', 'log'], rows));
  process.stdout.write(`the local stack in ${dir} is ${state}\n`);
  if (temporalUiUrl) process.stdout.write(`Temporal UI: ${temporalUiUrl}\n`);
  if (state !== 'running') process.exitCode = 1;
}
