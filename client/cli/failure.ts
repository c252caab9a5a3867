import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { ApiError } from '../../activities/cluster/api-error.ts';
import { TemporalUnreachable } from '../connect-temporal.ts';

/** An error that a person caused or can mend: what failed, on which object, and the next step. */
export class CliError extends Error {
  constructor(message: string, nextStep: string) {
    super(`${message}\n  next: ${nextStep}`);
  }
}

/** The text of an error for the terminal; those of the cluster and of Temporal get the step that usually mends them. */
export function explainFailure(error: unknown): string {
  if (error instanceof CliError) return `error: ${error.message}`;
  if (error instanceof ApiError) return `error: ${error.message}\n  next: ${clusterStep(error)}`;
  if (error instanceof WorkflowNotFoundError) {
    return `error: no workflow ${error.workflowId}\n  next: see that the bridge runs, it starts the workflows`;
  }
  if (error instanceof TemporalUnreachable) return `error: ${error.why}\n  next: ${error.nextStep}`;
  if (isGrpcServiceError(error) || isConnectionFailure(error)) {
    return `error: Temporal: ${error.message}\n  next: set TEMPORAL_ADDRESS, or start a local stack with: sluice dev up`;
  }
  return `error: ${error instanceof Error ? error.message : String(error)}`;
}

function clusterStep({ status, reason }: ApiError): string {
  if (status === 0) return 'set KUBECONFIG, or start a local stack with: sluice dev up';
  if (status === 401) return 'renew the credentials of your kubeconfig';
  if (status === 403) return 'ask for the right named above';
  if (status === 404) return 'install the CRDs with: sluice install';
  return `see what the API server says above (${reason})`;
}

function isConnectionFailure(error: unknown): error is Error {
  return error instanceof Error && /connect|UNAVAILABLE/i.test(`${error.name} ${error.message}`);
}
