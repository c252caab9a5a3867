import { CommanderError } from 'commander';
import { explainFailure } from './cli/failure.ts';
import { withoutSourceWord } from './cli/kinds.ts';
import { createProgram } from './cli/program.ts';

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
