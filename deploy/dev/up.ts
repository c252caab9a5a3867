import { createProgress, startStack, stackStatus, stopStack } from './index.ts';

const USAGE = 'usage: node deploy/dev/run.js deploy/dev/up.ts [up | status | down [--purge]]\n';

process.exitCode = await main(process.argv.slice(2));

/** The stack by hand, for work on the stack itself. */
async function main([command = 'up', ...rest]: string[]): Promise<number> {
  if (command === 'up') return up();
  if (command === 'down') {
    await stopStack(undefined, { purge: rest.includes('--purge') });
    return 0;
  }
  if (command !== 'status') {
    process.stderr.write(USAGE);
    return 2;
  }
  const status = await stackStatus();
  process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`);
  return status.state === 'running' ? 0 : 1;
}

async function up(): Promise<number> {
  const progress = createProgress();
  try {
    const stack = await startStack({ progress });
    process.stdout.write(
      [
        `export KUBECONFIG=${stack.kubeconfig}`,
        `export TEMPORAL_ADDRESS=${stack.temporalAddress}`,
        `# Temporal UI: ${stack.temporalUiUrl ?? 'your own'}`,
        '',
      ].join('\n'),
    );
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    progress.close();
  }
}
