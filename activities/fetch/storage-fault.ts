import { ApplicationFailure } from '@temporalio/activity';
import { fail, type FailureCode } from '../failures.ts';

/** Runs what writes to the disk of this worker, and turns its errors into a failure with this code; `what` names the work. */
export async function onDisk<T>(
  code: Extract<FailureCode, 'DirectoryCreationFailed' | 'StorageOperationFailed'>,
  what: string,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw fail(code, `${what} could not be written on this worker: ${cause}`);
  }
}
