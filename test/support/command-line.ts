import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

/** How a command ended, and what it printed. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in a namespace of the test stack, or of the one given, as a user would who is not at a terminal. */
export function commandLine(
  namespace: string,
  at: Record<string, string> = {
    KUBECONFIG: inject('kubeconfig'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  },
): (...args: string[]) => Promise<Output> {
  const program = fileURLToPath(new URL('../../client/sluice.js', import.meta.url));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    TEMPORAL_UI_URL: 'http://ui.example.com',
    ...at,
  };
  return (...args) =>
    new Promise((resolve) => {
      const argv = [program, ...args, '-n', namespace];
      execFile(process.execPath, argv, { env }, (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : 0;
        resolve({ code, stdout, stderr });
      });
    });
}
