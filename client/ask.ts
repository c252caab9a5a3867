import { isGrpcServiceError, ServiceError, type WorkflowHandle } from '@temporalio/client';
import type { Approval, PassReport, Wake } from '../workflows/messages.ts';

/**
 * Runs an update and gives its answer. Temporal takes none while a task of the workflow fails again and again, as it may when messages
 * come just as its run ends; such an update has not begun and is sent again, for a minute. Raises what executeUpdate raises.
 */
export async function ask(
  workflow: Pick<WorkflowHandle, 'executeUpdate'>,
  update: string,
  question: Wake | Approval,
): Promise<PassReport> {
  for (const deadline = Date.now() + patienceMs; ;) {
    try {
      return await workflow.executeUpdate<PassReport, [Wake | Approval]>(update, {
        args: [question],
      });
    } catch (error) {
      if (!isNotTaken(error) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

const patienceMs = 60_000;
const pauseMs = 500;

/** FAILED_PRECONDITION of gRPC. */
const notReady: readonly number[] = [9];

function isNotTaken(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return false;
  return isGrpcServiceError(error.cause) && notReady.includes(error.cause.code);
}
