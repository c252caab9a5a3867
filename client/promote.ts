import { isGrpcServiceError, type Client } from '@temporalio/client';

/** A version of the workers, as Temporal names it; an empty build stands for workers without a version. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** How a promotion is done. */
export interface PromotionOptions {
  /** How long the workers of the version may need until they ask for work. */
  readonly timeoutMs: number;
  /** Goes on although the version's workers do not poll every task queue of the version before. */
  readonly force?: boolean;
}

/**
 * Makes a version the current one of its deployment, as soon as its workers ask for work; new runs begin on it from then on. May be
 * repeated. Raises an Error with Temporal's reason where it is refused for longer than the time given.
 */
export async function promote(
  client: Client,
  namespace: string,
  { deploymentName, buildId }: WorkerVersion,
  { timeoutMs, force = false }: PromotionOptions,
): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; ;) {
    try {
      await client.workflowService.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName,
        buildId,
        identity: 'sluice promote',
        ignoreMissingTaskQueues: force,
      });
      return;
    } catch (error) {
      const reason = refusalOf(error);
      if (reason === undefined) throw error;
      const what = `version ${buildId || 'none'} of ${deploymentName} was not made the current one`;
      if (Date.now() > deadline) throw new Error(`${what}: ${reason}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

const pauseMs = 1000;

/** Temporal's words where waiting may mend it: NOT_FOUND and FAILED_PRECONDITION of gRPC, until all workers poll. */
function refusalOf(error: unknown): string | undefined {
  if (!isGrpcServiceError(error)) return undefined;
  return untilPolled.includes(error.code) ? error.details : undefined;
}

const untilPolled: readonly number[] = [5, 9];
