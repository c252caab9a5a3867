import { CommanderError } from 'commander';
import { explainFailure } from './cli/failure.ts';
import { withoutSourceWord } from './cli/kinds.ts';
import { createProgram } from './cli/program.ts';

// Whoever reads the output may have enough of it, as head does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await createProgram().parseAsync(withoutSourceWord(process.argv));
} catch (error) {
  // Commander has told its own errors already, with the usage beside them.
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    process.stderr.write(`${explainFailure(error)}\n`);
    process.exitCode = 1;
  }
}
