import type { Command } from 'commander';
import { createProgress, stackStatus, startStack, stopStack } from '../../deploy/dev/index.ts';
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
}

async function up(): Promise<void> {
  const progress = createProgress();
  try {
    const stack = await startStack({ progress });
    const lines = [
      `export KUBECONFIG=${stack.kubeconfig}`,
      `export TEMPORAL_ADDRESS=${stack.temporalAddress}`,
      `# Temporal UI: ${stack.temporalUiUrl ?? 'your own'}`,
      `# kubectl: ${stack.tools['kubectl'] ?? 'kubectl'}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  } finally {
    progress.close();
  }
}

async function status(): Promise<void> {
  const { parts, state, dir, temporalUiUrl } = await stackStatus();
  const rows = parts.map(({ name, state: is, pid, log }) => [name, is, String(pid ?? ''), log]);
  if (rows.length > 0) process.stdout.write(table(['part', 'state', 'pid', 'log'], rows));
  process.stdout.write(`the local stack in ${dir} is ${state}\n`);
  if (temporalUiUrl) process.stdout.write(`Temporal UI: ${temporalUiUrl}\n`);
  if (state !== 'running') process.exitCode = 1;
}
